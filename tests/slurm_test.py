#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A sharded campaign on a Slurm cluster of two nodes, one of which dies half way.

usage: slurm_test.py PROGRAM REPOSITORY

The cluster is real: munged, slurmctld and two slurmd on the loopback, in a temporary folder. Nothing
may be lost and nothing be there twice in the end. Exit code 77 (skipped) where Slurm is not
installed or this user may not start it. All of it is over in a minute, or has failed.
"""
import os
import pathlib
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time

SKIP = 77
DAEMONS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scontrol")
END = time.monotonic() + 55
SHARDS = 3
LAYERS = 120
PLAN = f"""seed 1
draw {LAYERS} activation mode=relu batch=1 in={{c}}x{{s}}x{{s}}
  c = 16..1024 step 8
  s = 28 | 56
"""


def skip(why):
    print("skipped:", why)
    sys.exit(SKIP)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Cluster:
    def __init__(self, folder):
        self.folder = folder
        self.running = {}
        self.environment = dict(os.environ, SLURM_CONF=str(folder / "slurm.conf"))
        for name in ("state", "spool", "log", "munge"):
            (folder / name).mkdir(mode=0o755)
        (folder / "munge.key").write_bytes(os.urandom(128))
        (folder / "munge.key").chmod(0o600)
        self.write_configuration()

    def write_configuration(self):
        host = socket.gethostname().split(".")[0]
        ports = [free_port() for _ in range(3)]
        nodes = "\n".join(
            f"NodeName=n{i} NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[i]} CPUs=1 State=UNKNOWN"
            for i in (1, 2))
        (self.folder / "slurm.conf").write_text(f"""ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmUser={os.environ.get('USER') or 'root'}
AuthType=auth/munge
CryptoType=crypto/munge
AuthInfo=socket={self.folder}/munge/socket,cred_expire=5
StateSaveLocation={self.folder}/state
SlurmdSpoolDir={self.folder}/spool/%n
SlurmctldPidFile={self.folder}/slurmctld.pid
SlurmdPidFile={self.folder}/slurmd-%n.pid
SlurmctldLogFile={self.folder}/log/slurmctld.log
SlurmdLogFile={self.folder}/log/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/linear
SchedulerParameters=sched_interval=1,bf_interval=1,batch_sched_delay=0,sched_min_interval=0
SlurmdParameters=config_overrides
ReturnToService=2
JobRequeue=1
SlurmdTimeout=5
KillWait=1
MinJobAge=60
{nodes}
PartitionName=all Nodes=ALL Default=YES State=UP MaxTime=INFINITE
""")

    def start(self, name, *command):
        log = open(self.folder / "log" / f"{name}.out", "ab")
        self.running[name] = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log,
                                              stdin=subprocess.DEVNULL, start_new_session=True)

    def start_node(self, number):
        self.start(f"n{number}", "slurmd", "-D", "-N", f"n{number}")

    def start_all(self):
        m = self.folder / "munge"
        self.start("munged", "munged", "--foreground", "--force", f"--key-file={self.folder}/munge.key",
                   f"--socket={m}/socket", f"--pid-file={m}/pid", f"--log-file={m}/log",
                   f"--seed-file={m}/seed")
        self.wait(lambda: (m / "socket").exists(), "munged")
        self.start("slurmctld", "slurmctld", "-D")
        self.wait(lambda: "UP" in self.ask("scontrol", "ping"), "slurmctld")
        for number in (1, 2):
            self.start_node(number)
        self.wait(lambda: self.ask("sinfo", "-h", "-o", "%D %t").strip() == "2 idle", "two nodes")

    def ask(self, *command):
        return subprocess.run(command, env=self.environment, capture_output=True, text=True).stdout

    def wait(self, condition, what):
        while not condition():
            if time.monotonic() > END:
                raise TimeoutError(f"{what}\n{self.ask('squeue')}{self.ask('sinfo')}{self.logs()}")
            time.sleep(0.2)

    def logs(self):
        return "".join(f"--- {f.name}\n{f.read_text(errors='replace')[-1500:]}\n"
                       for f in sorted((self.folder / "log").iterdir()))

    def kill_node(self, number):
        """As if its power failed: the daemon, what watches over its jobs, and the jobs."""
        victims = [self.running.pop(f"n{number}").pid]
        jobs = {}
        for process in pathlib.Path("/proc").iterdir():
            try:
                environment = (process / "environ").read_bytes()
                words = (process / "cmdline").read_bytes()
            except OSError:
                continue
            own = str(self.folder).encode() in environment or str(self.folder).encode() in words
            if own and f"SLURMD_NODENAME=n{number}".encode() in environment.split(b"\0"):
                jobs[int(process.name)] = words
        parents = {int(pathlib.Path(f"/proc/{p}/stat").read_text().rsplit(")", 1)[1].split()[1])
                   for p in jobs if pathlib.Path(f"/proc/{p}/stat").exists()}
        for parent in parents:
            try:
                if b"slurmstepd" in pathlib.Path(f"/proc/{parent}/cmdline").read_bytes():
                    victims.append(parent)
            except OSError:
                pass
        for pid in victims + list(jobs):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        return len(jobs)

    def stop(self):
        for process in self.running.values():
            process.terminate()
        for process in self.running.values():
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()


def rows(store):
    try:
        with sqlite3.connect(f"file:{store}?mode=ro", uri=True, timeout=10) as database:
            return database.execute("SELECT count(*), count(DISTINCT layer) FROM measurements").fetchone()
    except sqlite3.Error:
        return (0, 0)


def main(program, repository):
    missing = [name for name in DAEMONS if not shutil.which(name)]
    if missing:
        skip("not installed: " + ", ".join(missing))
    if os.geteuid() != 0:
        skip("slurmd needs root")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="neuralpower-slurm-", dir="/tmp"))
    cluster = Cluster(folder)
    try:
        cluster.start_all()
        (folder / "small.plan").write_text(PLAN)
        out = folder / "lab"
        environment = dict(cluster.environment, NEURALPOWER=program)
        submit = subprocess.run(
            [f"{repository}/tools/slurm/campaign.sh", folder / "small.plan", out, str(SHARDS), "--backend",
             os.environ.get("NEURALPOWER_TEST_BACKEND", "eigen"), "--meter", "none", "--threads", "1",
             "--repetitions", "20", "--budget", "30s"],
            env=environment, capture_output=True, text=True)
        assert submit.returncode == 0, submit.stderr
        print(submit.stdout.strip())

        # Node 2 dies once its shard has some layers, and comes back.
        def shard_of_node_2():
            job = cluster.ask("squeue", "-h", "-w", "n2", "-t", "R", "-o", "%K").split()
            return int(job[0]) if job and job[0].isdigit() else 0

        def begun():
            shard = shard_of_node_2()
            return shard and 0 < rows(out / f"shard-{shard}.db")[0] < LAYERS // SHARDS

        cluster.wait(begun, "a shard under way on node 2")
        shard = shard_of_node_2()
        before = rows(out / f"shard-{shard}.db")[0]
        killed = cluster.kill_node(2)
        print(f"node 2 dies with {killed} processes; shard {shard} has {before} of {LAYERS // SHARDS} layers")
        assert killed > 0
        cluster.start_node(2)
        cluster.wait(lambda: (out / "all.db").exists() and not cluster.ask("squeue", "-h").strip(),
                     "the merged store")
        total, distinct = rows(out / "all.db")
        print(f"merged: {total} measurements of {distinct} layers")
        assert (total, distinct) == (LAYERS, LAYERS), cluster.logs()
        for k in range(1, SHARDS + 1):
            assert rows(out / f"shard-{k}.db") == (LAYERS // SHARDS, LAYERS // SHARDS)
    finally:
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
