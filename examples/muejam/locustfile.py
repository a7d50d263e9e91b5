"""MueJam load tests: four kinds of users in the shares of our traffic.

    locust -f locustfile.py --host=http://localhost:8000 --users 100 --spawn-rate 10 --run-time 5m

Signed-in users need JWTs: seeding the API writes readers.csv and writers.csv into the folder `tokens` beside this file
(or the one that MUEJAM_TOKENS names). The rate limiter's 429 is an answer we want to see, not a failure.
"""

import csv
import itertools
import os
import random
from pathlib import Path

from locust import HttpUser, between, constant, task

STORIES = 2_000
GENRES = ["drama", "fantasy", "horror", "mystery", "poetry", "romance", "science", "travel"]
WORDS = ["moon", "river", "winter", "storm", "mirror", "garden", "shadow", "light"]

TOKENS = Path(os.environ.get("MUEJAM_TOKENS") or Path(__file__).with_name("tokens"))


def token_pool(name):
    with (TOKENS / name).open(newline="") as file:
        return itertools.cycle([row["token"] for row in csv.DictReader(file)])


reader_tokens = token_pool("readers.csv")
writer_tokens = token_pool("writers.csv")


class MueJamUser(HttpUser):
    abstract = True

    def call(self, method, path, name=None, **options):
        with self.client.request(method, path, name=name or path, catch_response=True, **options) as response:
            if response.status_code == 429:
                response.success()
        return response


class SignedInUser(MueJamUser):
    abstract = True
    tokens = reader_tokens

    def on_start(self):
        self.client.headers["Authorization"] = f"Bearer {next(self.tokens)}"


class AuthenticatedUser(SignedInUser):
    """Logged-in readers."""

    weight = 70
    wait_time = between(0.4, 1.2)

    @task(10)
    def browse_discovery_feed(self):
        self.call("GET", f"/v1/discover?page={random.randint(1, 5)}", "/v1/discover")

    @task(8)
    def view_story(self):
        self.call("GET", f"/v1/stories/story-{random.randint(1, STORIES)}", "/v1/stories/:slug")

    @task(5)
    def view_profile(self):
        self.call("GET", "/v1/users/me")

    @task(3)
    def browse_library(self):
        self.call("GET", "/v1/library")

    @task(2)
    def search(self):
        self.call("GET", f"/v1/search?q={random.choice(WORDS)}", "/v1/search")

    @task(1)
    def create_whisper(self):
        self.call("POST", "/v1/whispers", json={"body": f"{random.choice(WORDS)} tonight"})


class UnauthenticatedUser(MueJamUser):
    """Visitors browsing what is public."""

    weight = 25
    wait_time = between(0.4, 1.2)

    @task(10)
    def browse_public_stories(self):
        self.call("GET", f"/v1/public/stories?page={random.randint(1, 5)}", "/v1/public/stories")

    @task(5)
    def view_public_story(self):
        self.call("GET", f"/v1/public/stories/story-{random.randint(1, STORIES)}", "/v1/public/stories/:slug")

    @task(2)
    def search_public_content(self):
        self.call("GET", f"/v1/public/search?q={random.choice(WORDS)}", "/v1/public/search")


class WriterUser(SignedInUser):
    """People who write."""

    weight = 4
    wait_time = between(0.5, 2.0)
    tokens = writer_tokens

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
        response = self.call("POST", "/v1/writer/stories", json=self.draft())
        if response.status_code == 201:
            self.stories.append(response.json()["id"])

    @task(3)
    def update_story(self):
        if not self.stories:
            self.create_story()
            return
        story = random.choice(self.stories)
        self.call("PUT", f"/v1/writer/stories/{story}", "/v1/writer/stories/:id", json=self.draft())

    @task(2)
    def view_own_stories(self):
        self.call("GET", "/v1/writer/stories")


class HealthCheckUser(MueJamUser):
    """The load balancer."""

    weight = 1
    wait_time = constant(1)

    @task
    def health(self):
        self.call("GET", "/health")

    @task
    def readiness(self):
        self.call("GET", "/health/ready")
