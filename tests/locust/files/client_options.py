"""What self.client takes besides: files, max_redirects, bad URLs, timeouts as a pair, allow_redirects."""
# args: -u 1 -r 1 -t 4s

from probe import note

from locust import HttpUser, constant, task


class Visitor(HttpUser):
    wait_time = constant(60)

    @task
    def all(self):
        client = self.client
        answer = client.post("/echo", files={"f": ("a.txt", b"content", "text/plain")}, name="files")
        note(
            "files", multipart=answer.json()["type"].startswith("multipart/form-data"), inside="content" in answer.text
        )
        answer = client.get("/redirect", allow_redirects=False, name="not followed")
        note("redirect", status=answer.status_code, ok=answer.ok)
        client.max_redirects = 0
        answer = client.get("/redirect", name="too many")
        note(
            "too many", status=answer.status_code, error=type(answer.error).__name__ if hasattr(answer, "error") else ""
        )
        client.max_redirects = 30
        answer = client.get("/ok", timeout=(5, 5), name="pair")
        note("pair", status=answer.status_code)
        answer = client.get("/slow", timeout=0.1, name="late")
        note("late", status=answer.status_code)
        for url in ("nothing://here", "http://"):
            try:
                answer = client.get(url, name=url)
                note("bad", url=url, status=answer.status_code)
            except Exception as error:
                note("bad", url=url, error=type(error).__name__)
