"""The MueJam load test: four types of users, four scenarios, one table of criteria.

    swell run examples/muejam/loadtest.py --host http://127.0.0.1:8000 --profile basic|peak|sustained|spike

Signed-in users take their tokens from the pool that the target's seeding writes: readers.csv and writers.csv in the
folder `tokens`, or in the one that MUEJAM_TOKENS names. See README.md beside this file.
"""

import os
import random
from pathlib import Path
from typing import ClassVar

from swell import HttpUser, Rate, between, check, constant, csv_feeder, ramp, stages, task

STORIES = 2_000
GENRES = ("drama", "fantasy", "horror", "mystery", "poetry", "romance", "science", "travel")
WORDS = ("moon", "river", "winter", "storm", "mirror", "garden", "shadow", "light")

pool = Path(os.environ.get("MUEJAM_TOKENS", "tokens"))
readers = csv_feeder(pool / "readers.csv")
writers = csv_feeder(pool / "writers.csv")

# Each request tells whether the rate limiter turned it away.
rate_limited = Rate("rate_limited")

profiles = {
    "basic": ramp(100, 10, "5m"),
    "peak": ramp(1_000, 50, "10m"),
    "sustained": ramp(200, 20, "30m"),
    # As one run, so that the way back to normal is part of what is measured: 50 users (10 more each second) for
    # 2 minutes, 500 (100/s) for 3, 100 (20/s) for 5.
    "spike": stages(
        ("5s", 50, "normal"),
        ("1m55s", 50, "normal"),
        ("4.5s", 500, "spike"),
        ("2m55.5s", 500, "spike"),
        ("20s", 100, "recovery"),
        ("4m40s", 100, "recovery"),
    ),
}

thresholds = [
    "http_req_duration: p(95) < 500ms, acceptable < 1000ms, fail > 1000ms",
    "http_req_duration: p(99) < 1000ms, acceptable < 2000ms, fail > 2000ms",
    "http_req_failed: rate < 0.5%, acceptable < 2%, fail > 5%",
    "http_reqs: rate > 100/s, acceptable > 50/s, fail < 50/s",
    # Not in the team's table: a service that turns most of its users away does not pass by being quick at it.
    "rate_limited: rate < 40%",
]


class MueJamUser(HttpUser):
    abstract = True
    host = "http://127.0.0.1:8000"
    # 429 is the rate limiter doing its work.
    http_options: ClassVar = {"expected_statuses": ((200, 399), (429, 429))}

    def call(self, method, path, name, **options):
        response = self.client.request(method, path, name=name, **options)
        rate_limited.add(response.status_code == 429)
        return response

    def get(self, path, name):
        return self.call("GET", path, name)

    def list_stories(self, path, name):
        response = self.get(path, name)
        if response.status_code == 200:
            check(response, {"a list of stories": lambda r: isinstance(r.json()["stories"], list)})


class SignedInUser(MueJamUser):
    abstract = True
    accounts = readers

    def on_start(self):
        self.client.headers["Authorization"] = "Bearer " + self.accounts.next()["token"]


class AuthenticatedUser(SignedInUser):
    weight = 70
    wait_time = between(0.4, 1.2)

    @task(10)
    def browse_discovery_feed(self):
        self.list_stories(f"/v1/discover?page={random.randint(1, 5)}", "/v1/discover")

    @task(8)
    def view_story(self):
        self.get(f"/v1/stories/story-{random.randint(1, STORIES)}", "/v1/stories/:slug")

    @task(5)
    def view_profile(self):
        self.get("/v1/users/me", "/v1/users/me")

    @task(3)
    def browse_library(self):
        self.list_stories("/v1/library", "/v1/library")

    @task(2)
    def search(self):
        self.list_stories(f"/v1/search?q={random.choice(WORDS)}", "/v1/search")

    @task(1)
    def create_whisper(self):
        self.call("POST", "/v1/whispers", "/v1/whispers", json={"body": f"{random.choice(WORDS)} tonight"})


class UnauthenticatedUser(MueJamUser):
    weight = 25
    wait_time = between(0.4, 1.2)

    @task(10)
    def browse_public_stories(self):
        self.list_stories(f"/v1/public/stories?page={random.randint(1, 5)}", "/v1/public/stories")

    @task(5)
    def view_public_story(self):
        self.get(f"/v1/public/stories/story-{random.randint(1, STORIES)}", "/v1/public/stories/:slug")

    @task(2)
    def search_public_content(self):
        self.list_stories(f"/v1/public/search?q={random.choice(WORDS)}", "/v1/public/search")


class WriterUser(SignedInUser):
    weight = 4
    wait_time = between(0.5, 2.0)
    accounts = writers

    def on_start(self):
        super().on_start()
        self.stories = []

    def draft(self):
        word = random.choice(WORDS)
        return {
            "title": f"The {word}",
            "blurb": f"About a {word}.",
            "body": f"Once there was a {word}. " * 40,
            "genre": random.choice(GENRES),
        }

    @task(5)
    def create_story(self):
        response = self.call("POST", "/v1/writer/stories", "/v1/writer/stories", json=self.draft())
        if response.status_code == 201:
            self.stories.append(response.json()["id"])

    @task(3)
    def update_story(self):
        if not self.stories:
            self.create_story()
            return
        story = random.choice(self.stories)
        response = self.call("PUT", f"/v1/writer/stories/{story}", "/v1/writer/stories/:id", json=self.draft())
        if response.status_code == 200:
            check(response, {"a new version": lambda r: r.json()["version"] > 1})

    @task(2)
    def view_own_stories(self):
        self.list_stories("/v1/writer/stories", "/v1/writer/stories")


class HealthCheckUser(MueJamUser):
    weight = 1
    wait_time = constant(1)

    @task
    def health(self):
        self.get("/health", "/health")

    @task
    def readiness(self):
        response = self.get("/health/ready", "/health/ready")
        check(response, {"ready": lambda r: r.status_code == 200 and r.json()["status"] == "ready"})
