"""Runs a GitHub workflow file on this machine: its jobs in the order of their needs, each in a clone of its own,
every `run:` step as it is written. Actions (`uses:`) are done by a table that the caller gives; one that is not in
it is an error. As much of the syntax as our workflows use; anything else is an error, too."""

import itertools
import os
import re
import shutil
import subprocess
import tempfile

import yaml

TOKEN = re.compile(
    r"\s*(?:(?P<string>'(?:[^']|'')*')|(?P<operator>&&|\|\||==|!=|!|[(),])|(?P<number>\d+)|"
    r"(?P<name>[A-Za-z_][A-Za-z0-9_.-]*))"
)
WORDS = {"&&": " and ", "||": " or ", "!": " not ", "==": "==", "!=": "!=", "(": "(", ")": ")", ",": ","}


class Broken(Exception):
    """The workflow says something that this runner does not understand."""


def evaluate(expression, contexts, functions):
    """The value of what stands in ${{ }}."""
    parts, at = [], 0
    expression = expression.strip()
    while at < len(expression):
        found = TOKEN.match(expression, at)
        if not found:
            raise Broken(f"expression {expression!r} at {expression[at:]!r}")
        at = found.end()
        if found["string"] is not None:
            parts.append(repr(found["string"][1:-1].replace("''", "'")))
        elif found["operator"]:
            parts.append(WORDS[found["operator"]])
        elif found["number"]:
            parts.append(found["number"])
        elif found["name"] in functions:
            parts.append(f"functions[{found['name']!r}]")
        elif found["name"] in ("true", "false", "null"):
            parts.append({"true": "True", "false": "False", "null": "None"}[found["name"]])
        else:
            parts.append(repr(_look_up(found["name"], contexts)))
    return eval("".join(parts), {"__builtins__": {}, "functions": functions})  # noqa: S307 - our own workflow files


def _look_up(name, contexts):
    first, *rest = name.split(".")
    if first not in contexts:
        raise Broken(f"no context {first} ({name})")
    value = contexts[first]
    for part in rest:
        value = value.get(part, "") if isinstance(value, dict) else ""
    return value


def fill(text, contexts, functions):
    """The text with each ${{ }} evaluated."""
    if not isinstance(text, str):
        return text

    def one(found):
        value = evaluate(found[1], contexts, functions)
        return (
            {True: "true", False: "false", None: ""}.get(value, str(value))
            if isinstance(value, (bool, type(None)))
            else str(value)
        )

    return re.sub(r"\$\{\{(.*?)\}\}", one, text, flags=re.S)


class Step:
    def __init__(self, job, name, code, output):
        self.job, self.name, self.code, self.output = job, name, code, output

    def __repr__(self):
        return f"{self.job}: {self.name}: {self.code}"


class Run:
    """One run of a workflow for the commit that the repository is at. `actions`: {name without version: function(run,
    with, environment of the job, its folder)}; `github`, `variables`, `secrets`: the contexts; `done`: results of jobs
    that need not run again."""

    def __init__(
        self, repository, path, actions, github=None, variables=None, secrets=None, environment=None, done=None
    ):
        self.repository, self.actions = repository, actions
        with open(os.path.join(repository, path), encoding="utf-8") as source:
            self.workflow = yaml.safe_load(source)
        sha = subprocess.check_output(["git", "-C", repository, "rev-parse", "HEAD"], text=True).strip()
        self.contexts = {
            "github": {"sha": sha, "ref": "refs/heads/main", "event_name": "push", **(github or {})},
            "vars": variables or {},
            "secrets": secrets or {},
        }
        self.sha, self.base = sha, dict(environment or os.environ)
        self.results, self.outputs, self.steps = dict(done or {}), {}, []

    def all(self):
        """Runs every job; returns {job: success, failure or skipped}."""
        waiting = {name: job for name, job in self.workflow["jobs"].items() if name not in self.results}
        while waiting:
            ready = [
                name for name, job in waiting.items() if all(need in self.results for need in _list(job.get("needs")))
            ]
            if not ready:
                raise Broken(f"jobs need each other: {list(waiting)}")
            for name in ready:
                self._job(name, waiting.pop(name))
        return self.results

    def failed(self):
        return [step for step in self.steps if step.code]

    def _before(self, name, seen=None):
        """All jobs that this one needs, and those need."""
        seen = seen if seen is not None else set()
        for need in _list(self.workflow["jobs"][name].get("needs")):
            if need not in seen:
                seen.add(need)
                self._before(need, seen)
        return seen

    def _job(self, name, job):
        unknown = set(job) - {
            "name",
            "needs",
            "if",
            "runs-on",
            "timeout-minutes",
            "strategy",
            "env",
            "steps",
            "outputs",
            "environment",
            "permissions",
        }
        if unknown:
            raise Broken(f"job {name}: {unknown}")
        before = self._before(name)
        failure = any(self.results[one] == "failure" for one in before)
        skipped = any(self.results[one] == "skipped" for one in _list(job.get("needs")))
        contexts = {
            **self.contexts,
            "needs": {
                one: {"result": self.results[one], "outputs": self.outputs.get(one, {})}
                for one in _list(job.get("needs"))
            },
        }
        functions = {
            "failure": lambda: failure,
            "success": lambda: not failure and not skipped,
            "always": lambda: True,
            "cancelled": lambda: False,
        }
        if not _wanted(job.get("if"), contexts, functions):
            self.results[name] = "skipped"
            return
        matrix = job.get("strategy", {}).get("matrix", {})
        results = [
            self._once(name, job, {**contexts, "matrix": dict(zip(matrix, chosen))})
            for chosen in itertools.product(*matrix.values())
        ]
        self.results[name] = "success" if all(results) else "failure"

    def _once(self, name, job, contexts):
        """One of a job's matrix, in a folder of its own; whether it was good."""
        place = tempfile.mkdtemp(prefix=f"workflow-{name}-")
        try:
            checkout, files = os.path.join(place, "work"), os.path.join(place, "runner")
            os.mkdir(checkout)
            os.mkdir(files)
            environment = {
                **self.base,
                "GITHUB_SHA": self.sha,
                "GITHUB_REF": contexts["github"]["ref"],
                "CI": "true",
                "GITHUB_WORKSPACE": checkout,
                "RUNNER_TEMP": files,
            }
            for level in (self.workflow, job):
                nothing = {"success": lambda: True}
                environment.update(
                    {
                        key: str(fill(value, {**contexts, "env": environment}, nothing))
                        for key, value in (level.get("env") or {}).items()
                    }
                )
            return self._run_steps(name, job, contexts, environment, checkout, files)
        finally:
            shutil.rmtree(place, ignore_errors=True)

    def _run_steps(self, name, job, contexts, environment, checkout, files):
        good, told = True, {}
        for number, step in enumerate(job["steps"]):
            contexts = {
                **contexts,
                "env": environment,
                "steps": {key: {"outputs": value} for key, value in told.items()},
            }
            functions = {
                "failure": lambda: not good,
                "success": lambda: good,
                "always": lambda: True,
                "cancelled": lambda: False,
            }
            if not _wanted(step.get("if"), contexts, functions):
                continue
            title = step.get("name") or step.get("uses") or step["run"].splitlines()[0]
            if "uses" in step:
                action = step["uses"].partition("@")[0]
                if action not in self.actions:
                    raise Broken(f"job {name}: no stand-in for the action {action}")
                given = {key: fill(value, contexts, functions) for key, value in (step.get("with") or {}).items()}
                self.actions[action](self, given, environment, checkout)
                continue
            code, output, outputs = self._shell(step, contexts, functions, environment, checkout, files, number)
            self.steps.append(Step(name, title, code, output))
            if step.get("id"):
                told[step["id"]] = outputs
            good = good and (code == 0 or bool(step.get("continue-on-error")))
        contexts = {**contexts, "steps": {key: {"outputs": value} for key, value in told.items()}}
        self.outputs[name] = {key: fill(value, contexts, {}) for key, value in (job.get("outputs") or {}).items()}
        return good

    def _shell(self, step, contexts, functions, environment, checkout, files, number):
        shell = step.get("shell") or self.workflow.get("defaults", {}).get("run", {}).get("shell")
        if shell not in ("bash", None):
            raise Broken(f"shell {shell}")
        script = os.path.join(files, f"step-{number}.sh")
        with open(script, "w", encoding="utf-8") as out:
            out.write(fill(step["run"], contexts, functions))
        own = {key: str(fill(value, contexts, functions)) for key, value in (step.get("env") or {}).items()}
        given = {
            key: os.path.join(files, f"{key}-{number}")
            for key in ("GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_STEP_SUMMARY")
        }
        for path in given.values():
            with open(path, "w"):
                pass
        options = ["--noprofile", "--norc", "-eo", "pipefail"] if shell else ["-e"]
        done = subprocess.run(
            ["bash", *options, script],
            cwd=checkout,
            env={**environment, **own, **given},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=900,
        )
        environment.update(_pairs(given["GITHUB_ENV"]))
        return done.returncode, done.stdout, _pairs(given["GITHUB_OUTPUT"])


def _list(value):
    return [value] if isinstance(value, str) else list(value or [])


def _wanted(condition, contexts, functions):
    """As GitHub does: success() is asked for unless the condition itself speaks of how things went."""
    if condition is None:
        return functions["success"]()
    condition = str(condition)
    whole = re.fullmatch(r"\s*\$\{\{(.*)\}\}\s*", condition, re.S)
    condition = whole[1] if whole else condition
    if not re.search(r"\b(failure|success|always|cancelled)\(", condition) and not functions["success"]():
        return False
    return bool(evaluate(condition, contexts, functions))


def _pairs(path):
    with open(path, encoding="utf-8") as source:
        return dict(line.rstrip("\n").partition("=")[::2] for line in source if "=" in line)
