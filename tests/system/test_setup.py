# SPDX-License-Identifier: BSD-3-Clause
"""The set-up's own promises, with the real scripts and a cache of the test's own: an entry is whole or absent, however a run ends;
a full disk, a missing program, a missing right or network is told with its remedy.

What takes minutes (mmdebstrap, compilers) is a small script in its place; the disk that fills up is a real one of 4 MiB.
"""
import os
import signal
import subprocess
import time

import pytest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ENTRY = "thing-0123456789abcdef"
# What every maker of an entry does: lock, begin, work in another process, commit.
MAKER = f""". {TOP}/tools/lib/cache.sh
cache_lock thing
[ ! -e "$CACHE/{ENTRY}" ] || exit 0
cache_space 1
cache_begin {ENTRY}
mkdir "$cache_tmp" "$cache_tmp.work"
run_logged "thing: working" "$CACHE/thing.log" bash -c "$WORK" x "$cache_tmp"
cache_commit {ENTRY}
"""
SLOW = 'echo $$ >"$1/file"; exec sleep 1000'
QUICK = 'echo whole >"$1/file"'


def environment(cache, **more):
    return {"PATH": os.environ["PATH"], "HOME": "/root", "BINNACLE_CACHE": str(cache), **more}


def start(argv, env, cwd=TOP):
    """In a session of its own and with Ctrl-C heard, as from a terminal."""
    return subprocess.Popen(argv, env=env, cwd=cwd, start_new_session=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))


def until(condition, process):
    while not condition():
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)


def half_made(cache):
    return [name for name in os.listdir(cache) if ".tmp." in name]


def at_work(cache):
    """What the maker's process wrote to its half-made entries."""
    texts = [(cache / d / "file").read_text() for d in half_made(cache) if (cache / d / "file").exists()]
    return [text.strip() for text in texts if text.endswith("\n")]


@pytest.mark.parametrize("name, whom", [("INT", "group"), ("TERM", "process"), ("KILL", "group"), ("KILL", "process")])
def test_entry_is_whole_or_absent(tmp_path, name, whom):
    process = start(["bash", "-euc", MAKER], environment(tmp_path, WORK=SLOW))
    working = []
    until(lambda: working.extend(at_work(tmp_path)) or working, process)
    (os.killpg if whom == "group" else os.kill)(process.pid, getattr(signal, f"SIG{name}"))
    _, said = process.communicate()
    assert process.returncode != 0 and not (tmp_path / ENTRY).exists()
    if name != "KILL":
        assert half_made(tmp_path) == [] and "the next run starts that step again" in said
    # What the dead run had started dies too; else the next one would wait for the lock that it holds.
    for _ in range(3000):
        if not os.path.exists(f"/proc/{working[0]}"):
            break
        time.sleep(0.02)
    else:
        os.kill(int(working[0]), signal.SIGKILL)
        pytest.fail("what the run had started lives on")
    subprocess.run(["bash", "-euc", MAKER], env=environment(tmp_path, WORK=QUICK), check=True)
    assert (tmp_path / ENTRY / "file").read_text() == "whole\n" and half_made(tmp_path) == []


def test_second_maker_waits_and_uses_the_first_ones(tmp_path):
    release = f'echo whole >"$1/file"; until [ -e {tmp_path}/go ]; do sleep 0.02; done'
    first = start(["bash", "-euc", MAKER], environment(tmp_path, WORK=release))
    until(lambda: at_work(tmp_path), first)
    second = start(["bash", "-euc", MAKER], environment(tmp_path, WORK="exit 1"))
    assert "another run is making thing; waiting for it" in second.stderr.readline()
    (tmp_path / "go").touch()
    assert first.wait() == 0 and second.wait() == 0


@pytest.mark.parametrize("work, needed", [('head -c 8M /dev/zero >"$1/file"', 1), (QUICK, 100)])
def test_full_disk(tmp_path, work, needed):
    """Found full on the way, and not large enough from the start."""
    script = f"mount -t tmpfs -o size=4m none {tmp_path}; (eval \"$MAKER\"); echo status $?; find {tmp_path} -name '*.tmp.*'"
    env = environment(tmp_path, WORK=work, MAKER=MAKER.replace("cache_space 1", f"cache_space {needed}"))
    said = subprocess.run(["unshare", "--mount", "bash", "-uc", script], env=env, capture_output=True, text=True, check=True)
    assert said.stdout == "status 1\n"  # nothing half-made
    assert f"{needed} MiB are needed" in said.stderr and "export BINNACLE_CACHE=/a/larger/disk" in said.stderr
    assert str(tmp_path) in said.stderr and "ree some space" in said.stderr


def fake(folder, name, text):
    (folder / name).write_text(f"#!/bin/bash\n{text}\n")
    (folder / name).chmod(0o755)


@pytest.fixture
def host(tmp_path):
    """host(name=script..., without=(...), **env) runs tools/debroot as on a host that has these programs."""
    bin_folder, cache, etc = (tmp_path / name for name in ("bin", "cache", "etc"))
    for folder in (bin_folder, cache, etc):
        folder.mkdir()
    packages = tmp_path / "packages"
    packages.write_text("one two # three\n")
    subprocess.run(["cp", "-a", "/etc/.", str(etc)], check=True)
    (etc / "binnacle-builder").unlink()  # this is no builder
    for path in ("/usr/bin", "/usr/sbin"):
        for name in os.listdir(path):
            if not os.path.lexists(bin_folder / name):
                os.symlink(f"{path}/{name}", bin_folder / name)

    def run(without=(), **scripts):
        programs = {"bwrap": "", "newuidmap": "", "mmdebstrap": 'touch "${@: -1}"', "apt-get": "exit 1",
                    "unshare": 'while [[ $1 = --* ]]; do shift; done; exec "$@"', **scripts}
        for name, script in programs.items():
            if os.path.lexists(bin_folder / name):
                (bin_folder / name).unlink()
            if name not in without:
                fake(bin_folder, name, script)
        inside = f"mount --bind {etc} /etc; PATH={bin_folder} exec {TOP}/tools/debroot small {packages}"
        return subprocess.run(["/usr/bin/unshare", "--mount", "bash", "-c", inside], env=environment(cache), capture_output=True,
                              text=True, check=False)

    run.packages, run.cache = packages, cache
    return run


def test_root_is_made_once_for_each_list(host):
    first = host(mmdebstrap='echo made >"${@: -1}"')
    assert first.returncode == 0 and open(first.stdout.strip(), encoding="utf-8").read() == "made\n"
    again = host(mmdebstrap="exit 1")
    assert again.returncode == 0 and again.stdout == first.stdout
    host.packages.write_text("one two three\n")
    other = host()
    assert other.returncode == 0 and other.stdout != first.stdout
    assert half_made(host.cache) == []


USER = 'case $1 in -u) echo 1000 ;; *) echo driver ;; esac'


@pytest.mark.parametrize("programs, says", [
    ({"mmdebstrap": "echo \"Temporary failure resolving 'mirror'\"; exit 25"},
     ("no Debian mirror was reached", "run the same command again", "http_proxy")),
    ({"mmdebstrap": "echo 'E: You do not have enough free space in /x'; exit 25"},
     ("the disk that holds", "2500 MiB are needed there", "export BINNACLE_CACHE")),
    ({"mmdebstrap": "echo something else; exit 25"}, ("something else", "failed after", "its output is in", "small.log")),
    ({"without": ("mmdebstrap", "bwrap"), "id": USER},
     ("this host lacks mmdebstrap bubblewrap", "sudo apt-get install --no-install-recommends mmdebstrap bubblewrap uidmap")),
    ({"without": ("mmdebstrap",), "apt-get": "echo no such package; exit 100"}, ("host: apt-get install mmdebstrap failed",)),
    ({"without": ("mmdebstrap", "apt-get")}, ("this host lacks mmdebstrap; install them", "Debian 12 and 13")),
    ({"unshare": "exit 1", "id": USER}, ("this host lets only root make user namespaces", "Run as root", "sysctl")),
    ({"unshare": '[[ " $* " != *--map-auto* ]]', "id": USER}, ("the user driver has no subordinate user", "usermod --add-subuids")),
])
def test_what_is_missing_is_told(host, programs, says):
    run = host(**programs)
    assert run.returncode == 1 and run.stdout == ""
    for words in says:
        assert words in run.stderr, run.stderr
    assert half_made(host.cache) == []


@pytest.mark.parametrize("cache, says", [("somewhere", "must be an absolute path"), ("/proc/x", "set BINNACLE_CACHE to a folder")])
def test_cache_that_cannot_be(cache, says):
    run = subprocess.run(["bash", "-euc", MAKER], env=environment(cache, WORK=QUICK), capture_output=True, text=True, check=False)
    assert run.returncode == 1 and says in run.stderr


@pytest.mark.parametrize("name", ["INT", "KILL"])
def test_what_a_killed_make_made_is_made_again(tmp_path, name):
    rule = "build/a:\n\techo half >$@; until [ -e go ]; do sleep 0.02; done; echo whole >$@\n"
    (tmp_path / "Makefile").write_text("build/old:\n\techo old >$@\n" + rule)
    make = f"{TOP}/tools/whole-make"
    subprocess.run([make, "build/old"], cwd=tmp_path, check=True)
    process = start([make, "build/a"], dict(os.environ), tmp_path)
    until(lambda: (tmp_path / "build/a").exists() and (tmp_path / "build/a").read_text() == "half\n", process)
    os.killpg(process.pid, getattr(signal, f"SIG{name}"))
    process.communicate()
    assert (tmp_path / "build/a").exists() == (name == "KILL")
    (tmp_path / "go").touch()
    again = subprocess.run([make, "build/a", "build/old"], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert (tmp_path / "build/a").read_text() == "whole\n"
    assert ("the last make in this checkout was killed" in again.stderr) == (name == "KILL")
    assert "build/old' is up to date" in again.stdout
