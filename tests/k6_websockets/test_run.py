"""Both modules in a real `swell k6 run`: metrics of the summary, and iterations that are cut off."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from ..websocket.conftest import chat_server

__all__ = ["chat_server"]

SCRIPT = """
import ws from 'k6/ws';
import { WebSocket } from 'k6/websockets';
import { check } from 'k6';

export const options = {
  summaryTrendStats: ['count'],
  scenarios: {
    blocking: { executor: 'per-vu-iterations', vus: 2, iterations: 2, exec: 'blocking' },
    turns: { executor: 'shared-iterations', vus: 2, iterations: 4, exec: 'turns' },
    cut: { executor: 'constant-vus', vus: 1, duration: '1s', gracefulStop: '0s', exec: 'cut' },
    failing: { executor: 'shared-iterations', vus: 1, iterations: 1, exec: 'failing' },
  },
  thresholds: { ws_sessions: ['count==11'], 'ws_msgs_received{scenario:turns}': ['count==4'], checks: ['rate==1'] },
};
const base = `ws://${__ENV.TARGET}`;

export function blocking() {
  const answer = ws.connect(`${base}/a`, null, (socket) => {
    socket.on('open', () => socket.send('hi'));
    socket.on('message', (text) => { check(text, { same: (t) => t === 'hi' }); socket.close(); });
  });
  check(answer, { 'status is 101': (r) => r && r.status === 101 });
}

export function turns() {
  const ws = new WebSocket(`${base}/b`);
  ws.onopen = () => ws.send('hi');
  ws.onmessage = (e) => { check(e, { same: (e) => e.data === 'hi' }); ws.close(); };
}

export function cut() {
  new WebSocket(`${base}/c`);
  ws.connect(`${base}/d`, null, (socket) => socket.setInterval(() => socket.ping(), 50));
}

export function failing() {
  const ws = new WebSocket(`${base}/e`);
  ws.onopen = () => { throw new Error('no way'); };
}

export function handleSummary(data) {
  return { 'summary.json': JSON.stringify(data.metrics) };
}
"""


def test_a_run(tmp_path: Path, chat_server: str) -> None:
    """Each session is counted once, those that are cut off or left open by a failure too."""
    (tmp_path / "chat.js").write_text(SCRIPT, encoding="utf-8")
    command = [sys.executable, "-m", "swell", "k6", "run", "chat.js", "-e", f"TARGET={chat_server}"]
    done = subprocess.run(command, cwd=tmp_path, check=False, timeout=120, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    metrics = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))
    assert metrics["ws_sessions"]["values"]["count"] == 11
    assert metrics["ws_session_duration"]["values"]["count"] == 11
    assert metrics["ws_connecting"]["values"]["count"] == 11
    assert metrics["ws_msgs_received"]["values"]["count"] == 8
    assert metrics["ws_ping"]["values"]["count"] >= 1
    assert "no way" in done.stderr
