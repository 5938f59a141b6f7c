# SPDX-License-Identifier: BSD-3-Clause
"""The network outside, by the service VM's card: the service VM has an address by DHCP, and what a guest opens goes out through a
process of its own, which may die. It reaches no loopback of the service VM's."""
import pytest

from machines import QEMU

pytestmark = pytest.mark.machine(QEMU, "Bochs has no virtio GPU, no NVMe: no cockpit")

SERVER, SAYS = "10.0.2.100", "said outside"  # of fixture session_cockpit
UDP_SENT = "awk '/^Udp: [0-9]/ {print $5}' /proc/net/snmp"
PASST = "cat /run/service/ivi-net/supervise/pid"


@pytest.fixture(scope="module")
def home(session_cockpit):
    session_cockpit.nuc.resume()
    session_cockpit.at_home()
    session_cockpit.wait_prompt()
    until(session_cockpit.run, "ip addr show dev eth0 | grep -qF 10.0.2.15/24")
    until(session_cockpit.in_guest, "ip addr show dev eth0 | grep -qF 192.0.0.2/29")
    return session_cockpit


def until(run, condition):
    assert run(f"until {condition}; do usleep 200000; done")[0] == 0


def hears(run):
    """Whether a server outside is heard."""
    return SAYS in run(f"nc -w 5 {SERVER} 80 </dev/null")[1]


def name_server(cockpit, address):
    """There is another outside."""
    assert cockpit.run(f"echo nameserver {address} >/run/resolv.conf; /etc/lease.d/guests")[0] == 0


def test_service_vm_and_guest_have_the_network(cockpit, home):
    """The guest's address is the same whatever network there is outside."""
    assert hears(cockpit.run)
    assert "default via 192.0.0.1 dev eth0" in cockpit.in_guest("ip route")[1]
    assert hears(cockpit.in_guest)


def test_guest_asks_for_names(cockpit, home):
    """Its gateway, and for that the service VM asks the name server outside; here there is none that answers."""
    name_server(cockpit, "10.0.2.3")
    before = int(cockpit.run(UDP_SENT)[1])
    assert cockpit.in_guest("cat /etc/resolv.conf")[1].split() == ["nameserver", "192.0.0.1"]
    cockpit.in_guest("timeout 3 nslookup binnacle.example")
    assert int(cockpit.run(UDP_SENT)[1]) > before


def test_nothing_of_the_service_vm_listens(cockpit, home):
    """For a guest, or whoever is outside, can speak to what does."""
    status, text = cockpit.run("netstat -lntu | tail -n +3")
    assert status == 0 and not text.strip(), text


def test_guest_reaches_no_loopback_of_the_service_vm(cockpit, home):
    """By none of the addresses that could be taken for it, while a server listens there."""
    assert cockpit.run("busybox httpd -p 127.0.0.1:80 -h /tmp")[0] == 0
    try:
        assert "HTTP" in cockpit.run("echo GET / | nc 127.0.0.1 80")[1]
        for address in ("192.0.0.1", "10.0.2.2", "10.0.2.15", "127.0.0.1", "169.254.2.2"):
            assert "HTTP" not in cockpit.in_guest(f"echo GET / | timeout 5 nc -w 2 {address} 80")[1], address
    finally:
        cockpit.run("killall httpd")


def test_guest_has_it_again(cockpit, home):
    """Its process is killed; or has to know of another name server, or by a renewed lease of none, and begins anew by itself."""
    for change in (lambda: cockpit.run(f"kill -9 $({PASST})"), lambda: name_server(cockpit, "10.0.2.4"),
                   lambda: cockpit.run("killall -USR1 udhcpc")):
        before = cockpit.run(PASST)[1].strip()
        change()
        until(cockpit.run, f'[ "$({PASST} 2>/dev/null)" -ne {before} ] 2>/dev/null')
        assert hears(cockpit.in_guest)
    assert hears(cockpit.run)
    now = cockpit.run(PASST)[1].strip()
    assert cockpit.run(f"/etc/lease.d/guests; kill -0 {now}")[0] == 0  # nothing new: nothing ends
