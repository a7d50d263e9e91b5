"""TutorMax load tests: six kinds of users in the shares we see in production.

    locust -f locustfile.py --host=http://localhost:8000

Target capacity: 30,000 sessions a day. Students need feedback tokens, each good for one answer: seeding the API
writes them to feedback_tokens.csv beside this file (or where TUTORMAX_TOKENS says).
"""

import csv
import os
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

from locust import HttpUser, between, task

TUTORS = 300
STUDENTS = 3000
STAFF = 200
SUBJECTS = ["algebra", "biology", "chemistry", "english", "geometry", "history", "physics", "spanish"]
ROLES = ["admin", "analyst", "manager", "operations", "support"]

TOKEN_FILE = Path(os.environ.get("TUTORMAX_TOKENS") or Path(__file__).with_name("feedback_tokens.csv"))
with TOKEN_FILE.open(newline="") as file:
    feedback_tokens = [row["token"] for row in csv.DictReader(file)]


class DashboardUser(HttpUser):
    """Operations manager watching the real-time dashboard."""

    weight = 40
    wait_time = between(5, 15)

    @task(5)
    def view_dashboard(self):
        self.client.get("/api/dashboard/metrics")

    @task(2)
    def view_analytics(self):
        self.client.get("/api/performance/analytics")

    @task(2)
    def view_active_alerts(self):
        self.client.get("/api/alerts?status=active")

    @task(1)
    def view_pending_interventions(self):
        self.client.get("/api/interventions?status=pending")


class SessionCreator(HttpUser):
    """Books tutoring sessions and keeps them up to date."""

    weight = 20
    wait_time = between(10, 30)

    def on_start(self):
        self.session_ids = []

    @task(4)
    def create_session(self):
        starts_at = datetime.now(UTC) + timedelta(hours=random.randint(1, 72))
        session = {
            "tutor_id": random.randint(1, TUTORS),
            "student_id": random.randint(1, STUDENTS),
            "subject": random.choice(SUBJECTS),
            "starts_at": starts_at.isoformat(),
            "minutes": random.choice([30, 45, 60, 90]),
        }
        with self.client.post("/api/sessions", json=session, catch_response=True) as response:
            if response.status_code == 201:
                self.session_ids.append(response.json()["id"])
            else:
                response.failure(f"session not created: {response.status_code}")

    @task(1)
    def update_session(self):
        if not self.session_ids:
            self.create_session()
            return
        change = random.choice(
            [
                {"status": "in_progress"},
                {"status": "completed", "notes": "Finished the chapter."},
                {"status": "cancelled", "notes": "Student is ill."},
            ]
        )
        session_id = random.choice(self.session_ids)
        self.client.patch(f"/api/sessions/{session_id}", json=change, name="/api/sessions/[id]")


class TutorPerformanceViewer(HttpUser):
    """Looks at tutors' profiles and how they do."""

    weight = 15
    wait_time = between(8, 20)

    @task(3)
    def list_tutors(self):
        self.client.get("/api/tutors?include_metrics=true")

    @task(2)
    def view_tutor(self):
        self.client.get(f"/api/tutors/{random.randint(1, TUTORS)}", name="/api/tutors/[id]")

    @task(2)
    def view_tutor_sessions(self):
        self.client.get(f"/api/tutors/{random.randint(1, TUTORS)}/sessions", name="/api/tutors/[id]/sessions")

    @task(1)
    def view_recommendations(self):
        tutor_id = random.randint(1, TUTORS)
        self.client.get(f"/api/tutors/{tutor_id}/recommendations", name="/api/tutors/[id]/recommendations")


class InterventionManager(HttpUser):
    """Picks pending interventions, hands them out, records what came of them."""

    weight = 15
    wait_time = between(10, 25)

    def on_start(self):
        self.pending = []
        self.assigned = []

    @task(4)
    def list_pending(self):
        response = self.client.get("/api/interventions?status=pending")
        if response.ok:
            self.pending = [intervention["id"] for intervention in response.json()["interventions"]]

    @task(3)
    def view_intervention(self):
        if not self.pending:
            self.list_pending()
            return
        self.client.get(f"/api/interventions/{random.choice(self.pending)}", name="/api/interventions/[id]")

    @task(2)
    def assign_intervention(self):
        if not self.pending:
            self.list_pending()
            return
        intervention_id = self.pending.pop(random.randrange(len(self.pending)))
        with self.client.post(
            f"/api/interventions/{intervention_id}/assign",
            json={"assignee_id": random.randint(1, STAFF)},
            name="/api/interventions/[id]/assign",
            catch_response=True,
        ) as response:
            if response.status_code == 200:
                self.assigned.append(intervention_id)
            elif response.status_code == 409:
                # Another manager was faster since our list was read: that is how it should be.
                response.success()

    @task(1)
    def record_outcome(self):
        if not self.assigned:
            self.assign_intervention()
            return
        self.client.post(
            f"/api/interventions/{self.assigned.pop()}/outcome",
            json={"outcome": random.choice(["improved", "no_change", "declined"]), "notes": "Talked on the phone."},
            name="/api/interventions/[id]/outcome",
        )


class AdminUser(HttpUser):
    """Manages the staff's accounts."""

    weight = 5
    wait_time = between(15, 40)

    @task(3)
    def list_users(self):
        self.client.get("/api/admin/users")

    @task(2)
    def view_user(self):
        self.client.get(f"/api/admin/users/{random.randint(1, STAFF)}", name="/api/admin/users/[id]")

    @task(1)
    def change_roles(self):
        self.client.patch(
            f"/api/admin/users/{random.randint(1, STAFF)}/roles",
            json={"roles": random.sample(ROLES, 2)},
            name="/api/admin/users/[id]/roles",
        )


class StudentFeedbackUser(HttpUser):
    """Students answering the mail they get after a session."""

    weight = 5
    wait_time = between(60, 180)

    @task
    def submit_feedback(self):
        # By chance, so that workers, and later runs on the same data, rarely take the same one.
        token = feedback_tokens.pop(random.randrange(len(feedback_tokens)))
        with self.client.post(
            f"/api/feedback/{token}",
            json={"rating": random.randint(3, 5), "comment": "Thank you!"},
            name="/api/feedback/[token]",
            catch_response=True,
        ) as response:
            if response.status_code == 410:
                response.failure("feedback token already used: seed the API anew")
