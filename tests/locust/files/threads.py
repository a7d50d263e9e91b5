"""Threads and event loops of a task: they may use the user's client, and they stall their user only."""
# args: -u 1 -t 20s

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

from probe import note

from locust import HttpUser, constant, task


class Visitor(HttpUser):
    wait_time = constant(0)

    @task
    def visit(self):
        with ThreadPoolExecutor(3) as pool:
            answers = list(pool.map(lambda number: self.client.get("/ok", name="pool").status_code, range(4)))
        note("pool", answers=answers)
        found = []
        thread = threading.Thread(target=lambda: found.append(self.client.get("/text", name="thread").status_code))
        thread.start()
        thread.join()
        note("thread", found=found)
        timer = threading.Timer(0.05, lambda: found.append("late"))
        timer.start()
        timer.join()
        note("timer", found=found)

        async def later():
            await asyncio.sleep(0.05)
            return "awaited"

        note("loop", value=asyncio.run(later()))
        self.environment.runner.quit()
