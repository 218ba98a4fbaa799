"""Users who ask for a small answer again and again, as fast as they get it."""

from locust import FastHttpUser, HttpUser, constant, task


class Fast(FastHttpUser):
    wait_time = constant(0)

    @task
    def ask(self):
        self.client.get("/")


class Plain(HttpUser):
    wait_time = constant(0)

    @task
    def ask(self):
        self.client.get("/")
