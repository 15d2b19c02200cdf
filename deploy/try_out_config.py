"""The hub of jupyterhub_config.py for trying out: on this machine only, one password for all.

`make hub` starts it. Do not use it for a class: every student runs as you, and no limit holds.
"""

import os
from pathlib import Path

c = get_config()  # noqa: F821 - JupyterHub puts it there
# By its whole path, for a file that is not found is passed over without a word.
load_subconfig(str(Path(__file__).with_name("jupyterhub_config.py")))  # noqa: F821

STATE = Path(os.environ["SEPEDU_HUB"])

c.JupyterHub.bind_url = f"http://127.0.0.1:{os.environ['SEPEDU_HUB_PORT']}"
c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{os.environ['SEPEDU_HUB_INNER_PORT']}"
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{os.environ['SEPEDU_HUB_PROXY_PORT']}"
c.JupyterHub.authenticator_class = "shared-password"
c.SharedPasswordAuthenticator.user_password = os.environ["SEPEDU_HUB_PASSWORD"]
c.Authenticator.allow_all = True
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = str(STATE / "homes" / "{username}")
# Nothing runs on when the try-out ends.
c.JupyterHub.cleanup_servers = True
if os.geteuid() == 0:
    c.Spawner.args.append("--allow-root")

# For programs that act as the teacher, such as the tests and deploy/collect.py.
c.JupyterHub.services.append({"name": "teacher", "api_token": os.environ["SEPEDU_HUB_TOKEN"]})
c.JupyterHub.load_roles.append({"name": "admin", "services": ["teacher"]})
