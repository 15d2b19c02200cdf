"""Students as programs: each works through the hub's own interface, as a browser would.

A student gets an account, a token and a server from the hub's REST API, the lessons from
nbgitpuller, and runs a notebook over the web socket of a kernel of that server. The test of the
hub and the measurement of memory both use it.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

import nbformat
import psutil
from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

from sepedu.errors import SepeduError

MEBIBYTE = 2**20


@dataclass(frozen=True)
class Memory:
    """Memory of a student's processes in MiB.

    Attributes
    ----------
    private : float
        What would be free again if this student left.
    proportional : float
        The same, plus the student's share of what several processes have in common (PSS).
    """

    private: float
    proportional: float


@dataclass
class Student:
    """A student of a hub.

    Attributes
    ----------
    hub : str
        Address of the hub, without a slash at the end.
    teacher : str
        Token of somebody who may make accounts.
    name : str
    token : str
        The student's own, from `enrol`.
    """

    hub: str
    teacher: str
    name: str
    token: str = field(default="", repr=False)

    async def enrol(self) -> None:
        """Get an account, if there is none yet, and a token."""
        try:
            await self._ask("POST", f"/hub/api/users/{self.name}", self.teacher)
        except HTTPClientError as error:
            if error.code != 409:  # the account is there
                raise
        answer = await self._ask("POST", f"/hub/api/users/{self.name}/tokens", self.teacher, {})
        self.token = json.loads(answer)["token"]

    async def start_server(self) -> None:
        """Start the student's server and wait until it answers.

        Raises
        ------
        SepeduError
            If the hub gives up.
        """
        server = f"/hub/api/users/{self.name}/server"
        await self._ask("POST", server, self.token, {})
        # The hub reports progress line by line, and ends the answer when the server is ready.
        lines = (await self._ask("GET", f"{server}/progress", self.token)).splitlines()
        events = [json.loads(line[len(b"data:") :]) for line in lines if line.startswith(b"data:")]
        if not any(event.get("ready") for event in events):
            raise SepeduError(
                f"The server of {self.name} did not start ({events[-1:]})", "Read the hub's log"
            )

    async def stop_server(self) -> None:
        """Stop the student's server; files stay."""
        await self._ask("DELETE", f"/hub/api/users/{self.name}/server", self.token)

    async def pull(self, repository: str, folder: str = "sepedu") -> None:
        """Get the lessons, or what is new in them, as a click on an nbgitpuller link does.

        Raises
        ------
        SepeduError
            If nbgitpuller reports an error.
        """
        query = urlencode({"repo": repository, "targetpath": folder, "branch": "main"})
        answer = await self._own("GET", f"/git-pull/api?{query}")
        if b'"phase": "finished"' not in answer:
            last = answer.decode(errors="replace").strip().splitlines()[-1:]
            raise SepeduError(f"The lessons did not arrive: {last}", "Read the server's log")
        await self.open(f"{folder}/00-hear-the-problem.ipynb")

    async def open(self, lesson: str) -> str:
        """Go where a link to a lesson leads after the pull; return what the server then shows."""
        return (await self._own("GET", f"/sepedu/open/{lesson}")).decode()

    async def read(self, path: str) -> nbformat.NotebookNode:
        """Read a notebook from the student's files."""
        model = json.loads(await self._own("GET", f"/api/contents/{quote(path)}"))
        return nbformat.from_dict(model["content"])

    async def save(self, path: str, notebook: nbformat.NotebookNode) -> None:
        """Save a notebook among the student's files."""
        body = {"type": "notebook", "format": "json", "content": notebook}
        await self._own("PUT", f"/api/contents/{quote(path)}", body)

    async def open_kernel(self, path: str) -> Kernel:
        """Start a kernel for a notebook and connect to it."""
        body = {"path": path, "type": "notebook", "name": path, "kernel": {"name": "python3"}}
        kernel = json.loads(await self._own("POST", "/api/sessions", body))["kernel"]["id"]
        return Kernel(await self._connect(kernel), kernel)

    async def reopen_kernel(self, kernel: str) -> Kernel:
        """Connect to a kernel that runs already, as a browser does when its page is loaded."""
        return Kernel(await self._connect(kernel), kernel)

    async def close_kernel(self, kernel: Kernel) -> None:
        """End a kernel, as "Shut Down Kernel" does."""
        kernel.socket.close()
        await self._own("DELETE", f"/api/kernels/{kernel.id}")

    async def processes(self) -> list[psutil.Process]:
        """The student's server and its kernels, where the hub runs on this machine."""
        answer = json.loads(await self._ask("GET", f"/hub/api/users/{self.name}", self.teacher))
        server = psutil.Process(answer["servers"][""]["state"]["pid"])
        return [server, *server.children(recursive=True)]

    async def _connect(self, kernel: str) -> WebSocketClientConnection:
        address = f"{self.hub}/user/{self.name}/api/kernels/{kernel}/channels"
        request = HTTPRequest(address.replace("http", "ws", 1), headers=self._headers(self.token))
        return await websocket_connect(request, max_message_size=256 * MEBIBYTE)

    async def _own(self, method: str, path: str, body: dict | None = None) -> bytes:
        return await self._ask(method, f"/user/{self.name}{path}", self.token, body)

    async def _ask(self, method: str, path: str, token: str, body: dict | None = None) -> bytes:
        request = HTTPRequest(
            self.hub + path,
            method=method,
            headers=self._headers(token),
            body=None if body is None else json.dumps(body),
            allow_nonstandard_methods=True,
            request_timeout=300,
        )
        return (await AsyncHTTPClient().fetch(request)).body

    @staticmethod
    def _headers(token: str) -> dict[str, str]:
        return {"Authorization": f"token {token}", "Content-Type": "application/json"}


@dataclass
class Kernel:
    """A kernel at the other end of a web socket."""

    socket: WebSocketClientConnection
    id: str

    async def execute(self, code: str) -> list[nbformat.NotebookNode]:
        """Run a cell and return its outputs, among them an error if there was one.

        Raises
        ------
        SepeduError
            If the connection ends before the cell does.
        """
        asked = uuid.uuid4().hex
        content = {"code": code, "silent": False, "store_history": True, "allow_stdin": False}
        header = {"msg_id": asked, "msg_type": "execute_request", "version": "5.3"}
        header |= {"session": asked, "username": "", "date": "2000-01-01T00:00:00Z"}
        message = {"channel": "shell", "header": header, "content": content}
        await self.socket.write_message(
            json.dumps(message | {"parent_header": {}, "metadata": {}, "buffers": []})
        )
        outputs, waiting = [], {"execute_reply", "idle"}
        while waiting:
            answer = await self.socket.read_message()
            if answer is None:
                raise SepeduError("The kernel ended before the cell did", "Look for lack of memory")
            if isinstance(answer, bytes):
                continue  # a widget's pictures
            answer = json.loads(answer)
            if answer["parent_header"].get("msg_id") != asked:
                continue
            kind, content = answer["msg_type"], answer["content"]
            waiting.discard(content["execution_state"] if kind == "status" else kind)
            if kind in ("stream", "display_data", "execute_result", "error"):
                outputs.append(nbformat.v4.output_from_msg(answer))
        return outputs

    async def run(self, notebook: nbformat.NotebookNode) -> list[str]:
        """Run all cells, put their outputs into the notebook, and return what went wrong."""
        errors = []
        for number, cell in enumerate(notebook.cells):
            if cell.cell_type == "code":
                cell.outputs = await self.execute(cell.source)
                errors += [
                    f"cell {number}: {output.ename}: {output.evalue}"
                    for output in cell.outputs
                    if output.output_type == "error"
                ]
        return errors


def memory_of(processes: list[psutil.Process]) -> Memory:
    """Measure the memory of some processes; what has ended meanwhile counts nothing."""
    private = proportional = 0
    for process in processes:
        try:
            full = process.memory_full_info()
        except psutil.NoSuchProcess:
            continue
        private += full.uss
        proportional += full.pss
    return Memory(private / MEBIBYTE, proportional / MEBIBYTE)


def seconds_of(processes: list[psutil.Process]) -> float:
    """Seconds of one core that some processes have used so far."""
    return sum(sum(process.cpu_times()[:2]) for process in processes)
