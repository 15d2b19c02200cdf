"""What tljh.yaml has no words for: put it into /opt/tljh/config/jupyterhub_config.d/."""

c = get_config()  # noqa: F821 - JupyterHub puts it there

CPU_PER_STUDENT = 2

c.Spawner.environment.update(
    {
        "SEPEDU_CACHE": "/srv/sepedu/cache",
        # Otherwise each student computes with as many threads as the machine has cores.
        **dict.fromkeys(
            ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), str(CPU_PER_STUDENT)
        ),
        # Threads that spin while they wait make a busy server four times as slow.
        "OMP_WAIT_POLICY": "passive",
    }
)
# Links to lessons lead through it to the student's own copy.
c.Spawner.args = ["--ServerApp.jpserver_extensions=sepedu.cli.opening=True"]
# Students' servers may read the songs, and not write them.
c.SystemdSpawner.readonly_paths = ["/srv/sepedu/cache"]
c.JupyterHub.active_server_limit = 35
