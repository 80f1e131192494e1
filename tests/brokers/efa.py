"""A service broker for tests and for `make run`, written with the library openbrokerapi, which is not ours.

It plays the broker of an EfA service: each instance is a tenant. Its plans `klein` and `gross` are those of the demonstration:
an instance takes its time, its credentials do not. The others show what brokers do: `sync` answers at once, `async` takes its
time over everything, `failing` cannot be set up, `endless` never gets ready, `fixed` refuses every change, `rotatable` renews
credentials.

usage: EFA_PASSWORD=… [EFA_STATE=FILE] efa.py USER [PORT]
Listens on loopback, on a free port unless one is named, and prints it. Every call is a JSON line on standard error, without
credentials. With EFA_STATE what there is outlives the process, and while a file `closed` lies beside it, nothing is set up. `GET /kept` tells a
test what there is.
"""

import json
import logging
import os
import sys
import time
import uuid

from flask import Flask, jsonify
from openbrokerapi import api, errors
from openbrokerapi.catalog import ServicePlan
from openbrokerapi.service_broker import (
    Binding, BindState, DeprovisionServiceSpec, GetBindingSpec, LastOperation, OperationState, ProvisionedServiceSpec,
    ProvisionState, Service, ServiceBroker, UnbindSpec, UpdateServiceSpec,
)
from werkzeug.serving import make_server

SERVICE = "aufenthalt"
POLLS = 2
# Plans whose instances take their time, and those whose bindings do.
SLOW = ("async", "klein", "gross")
SLOW_BINDINGS = ("async",)


def plan(name, **more):
    return ServicePlan(id=name, name=name, description=f"Tarif {name}", bindable=True, **more)


class Efa(ServiceBroker):
    def __init__(self, file=None):
        self.instances, self.bindings, self.running, self.calls = {}, {}, {}, []
        self.file = file
        if file and os.path.exists(file):
            with open(file, encoding="utf-8") as kept:
                self.instances, self.bindings, self.running = json.load(kept)

    def keep(self):
        """Written beside and renamed, so that an end in between loses nothing."""
        if self.file:
            with open(f"{self.file}.new", "w", encoding="utf-8", opener=lambda path, flags: os.open(path, flags, 0o600)) as new:
                json.dump([self.instances, self.bindings, self.running], new)
            os.replace(f"{self.file}.new", self.file)

    def catalog(self):
        plans = [plan("klein"), plan("gross"), plan("sync"), plan("async"), plan("failing"), plan("fixed", plan_updateable=False),
                 plan("rotatable", binding_rotatable=True),
                 plan("endless", maximum_polling_duration=2)]
        return Service(id=SERVICE, name="aufenthaltstitel", description="Aufenthaltstitel zum Zweck der Erwerbstätigkeit",
                       bindable=True, plan_updateable=True, bindings_retrievable=True, plans=plans)

    def note(self, what, key, details, instance=None):
        call = {"call": what, "id": key, "user": details.authorization_username, "for": details.originating_identity}
        self.calls.append(call)
        moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        print(json.dumps({"at": moment, **call, "instance": instance or key, "plan": details.plan_id}), file=sys.stderr, flush=True)

    def begin(self, key, kind, plan_id):
        """Starts an operation that is done after some polls; the same one again while it runs."""
        if key in self.running:
            if self.running[key]["kind"] != kind:
                raise errors.ErrConcurrentInstanceAccess()
        else:
            self.running[key] = {"kind": kind, "polls": 0, "plan": plan_id, "operation": f"{kind} {uuid.uuid4()} äöü&="}
        return self.running[key]["operation"]

    def provision(self, instance_id, details, async_allowed, **kwargs):
        self.note("provision", instance_id, details)
        known = self.instances.get(instance_id)
        wanted = {"plan": details.plan_id, "parameters": details.parameters}
        slow = details.plan_id in (*SLOW, "failing", "endless")
        if known is not None and known != wanted:
            raise errors.ErrInstanceAlreadyExists()
        if self.file and os.path.exists(os.path.join(os.path.dirname(self.file), "closed")):
            raise errors.ErrInvalidParameters("bis zum Abend wird gewartet")
        if not (details.parameters or {}).get("tenant"):
            raise errors.ErrInvalidParameters("tenant fehlt")
        page = f"https://dienst.example/{instance_id}"
        if slow and not async_allowed:
            raise errors.ErrAsyncRequired()
        self.instances[instance_id] = wanted
        if slow and (known is None or instance_id in self.running):
            operation = self.begin(instance_id, "provision", details.plan_id)
            return ProvisionedServiceSpec(ProvisionState.IS_ASYNC, page, operation)
        state = ProvisionState.SUCCESSFUL_CREATED if known is None else ProvisionState.IDENTICAL_ALREADY_EXISTS
        return ProvisionedServiceSpec(state, page)

    def update(self, instance_id, details, async_allowed, **kwargs):
        self.note("update", instance_id, details)
        known = self.instances[instance_id]
        if known["plan"] == "fixed":
            raise errors.ErrInvalidParameters("dieser Tarif kennt keine Änderung")
        merged = {**known["parameters"], **(details.parameters or {})}
        wanted = {"plan": details.plan_id or known["plan"],
                  "parameters": {name: value for name, value in merged.items() if value is not None}}
        if known["plan"] in SLOW:
            operation = self.begin(instance_id, "update", known["plan"])
            self.running[instance_id]["wanted"] = wanted
            return UpdateServiceSpec(True, operation)
        self.instances[instance_id] = wanted
        return UpdateServiceSpec(False)

    def deprovision(self, instance_id, details, async_allowed, **kwargs):
        self.note("deprovision", instance_id, details)
        if instance_id not in self.instances:
            raise errors.ErrInstanceDoesNotExist()
        if details.plan_id in SLOW:
            return DeprovisionServiceSpec(True, self.begin(instance_id, "deprovision", details.plan_id))
        self.running.pop(instance_id, None)
        del self.instances[instance_id]
        return DeprovisionServiceSpec(False)

    def bind(self, instance_id, binding_id, details, async_allowed, **kwargs):
        self.note("bind", binding_id, details, instance_id)
        known = self.bindings.get(binding_id)
        if instance_id not in self.instances:
            raise errors.ErrInvalidParameters("diese Instanz gibt es nicht")
        if known is None:
            tenant = self.instances[instance_id]["parameters"]["tenant"]
            known = {"url": f"https://dienst.example/{instance_id}", "tenant": tenant, "username": "verwaltung",
                     "password": uuid.uuid4().hex}
            self.bindings[binding_id] = known
            if details.plan_id in SLOW_BINDINGS:
                return Binding(BindState.IS_ASYNC, operation=self.begin(binding_id, "bind", details.plan_id))
            return Binding(BindState.SUCCESSFUL_BOUND, credentials=known)
        return Binding(BindState.IDENTICAL_ALREADY_EXISTS, credentials=known)

    def get_binding(self, instance_id, binding_id, **kwargs):
        if binding_id not in self.bindings or binding_id in self.running:
            raise errors.ErrBindingDoesNotExist()
        return GetBindingSpec(credentials=self.bindings[binding_id])

    def unbind(self, instance_id, binding_id, details, async_allowed, **kwargs):
        self.note("unbind", binding_id, details, instance_id)
        if binding_id not in self.bindings:
            raise errors.ErrBindingDoesNotExist()
        if details.plan_id in SLOW_BINDINGS:
            return UnbindSpec(True, self.begin(binding_id, "unbind", details.plan_id))
        del self.bindings[binding_id]
        return UnbindSpec(False)

    def poll(self, key, operation_data):
        running = self.running.get(key)
        if running is None:
            raise errors.ErrInstanceDoesNotExist()
        if operation_data != running["operation"]:
            return LastOperation(OperationState.FAILED, "nach einer anderen Änderung gefragt")
        running["polls"] += 1
        if running["polls"] <= POLLS or running["plan"] == "endless":
            return LastOperation(OperationState.IN_PROGRESS, f"Schritt {running['polls']}")
        del self.running[key]
        if running["plan"] == "failing":
            return LastOperation(OperationState.FAILED, "die Mandantenverwaltung ist voll")
        if running["kind"] == "deprovision":
            del self.instances[key]
        elif running["kind"] == "unbind":
            del self.bindings[key]
        elif running["kind"] == "update":
            self.instances[key] = running["wanted"]
        return LastOperation(OperationState.SUCCEEDED, "fertig")

    def last_operation(self, instance_id, operation_data, **kwargs):
        return self.poll(instance_id, operation_data)

    def last_binding_operation(self, instance_id, binding_id, operation_data, **kwargs):
        return self.poll(binding_id, operation_data)


def main():
    user, port = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 0
    logger = logging.getLogger("efa")
    logger.setLevel(logging.CRITICAL)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    broker = Efa(os.environ.get("EFA_STATE"))
    app = Flask(__name__)
    app.register_blueprint(api.get_blueprint(broker, api.BrokerCredentials(user, os.environ["EFA_PASSWORD"]), logger))

    @app.route("/kept")
    def kept():
        return jsonify(instances=broker.instances, bindings=list(broker.bindings), calls=broker.calls)

    @app.after_request
    def keep(answer):
        broker.keep()
        return answer

    server = make_server("127.0.0.1", port, app, threaded=False)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
