"""Starts a sync of a Sluice service, waits for its end, and cancels the run when Airflow kills the task.

The service's address and a token with the scopes read and run stand in SLUICE_URL and SLUICE_TOKEN:

    SluiceRunOperator(task_id="customers", sync="customers_to_crm")
"""

import hashlib
import json
import os
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

try:
    from airflow.sdk import BaseOperator
except ImportError:  # before Airflow 3
    from airflow.models import BaseOperator


class SluiceRunOperator(BaseOperator):
    template_fields = ("sync",)

    def __init__(self, *, sync, allow_partial=False, **kwargs):
        super().__init__(**kwargs)
        self.sync, self.allow_partial, self.run_id = sync, allow_partial, None

    def ask(self, method, path, body=None, **headers):
        data = None if body is None else json.dumps(body).encode()
        headers |= {"Authorization": f"Bearer {os.environ['SLUICE_TOKEN']}", "Content-Type": "application/json"}
        try:
            with urlopen(Request(os.environ["SLUICE_URL"] + path, data, headers, method=method), timeout=90) as answer:
                return json.load(answer)
        except HTTPError as error:
            raise RuntimeError(f"Sluice answered {error.code}: {error.read().decode()}") from error

    def execute(self, context):
        task = context["ti"]
        # One run for each try, however often its request gets there.
        attempt = f"{task.dag_id} {task.task_id} {context['run_id']} {task.map_index} {task.try_number}"
        key = hashlib.sha256(attempt.encode()).hexdigest()
        run = self.ask("POST", f"/api/v1/syncs/{quote(self.sync, safe='')}/runs", {}, **{"Idempotency-Key": key})
        self.run_id = run["id"]
        while run["ended_at"] is None:
            run = self.ask("GET", f"/api/v1/runs/{self.run_id}?wait=60")
        if run["state"] == "succeeded" or (self.allow_partial and run["state"] == "partial"):
            return run
        raise RuntimeError(f"run {self.run_id} of {self.sync} is {run['state']}: {run['code']}: {run['reason']}")

    def on_kill(self):
        if self.run_id is not None:
            self.ask("POST", f"/api/v1/runs/{self.run_id}/cancel", {})
