# SPDX-License-Identifier: BSD-3-Clause
# Part of init: several guests, each with its mediator, and the arbiter between them. Whoever watches the physical GPU from
# outside knows a guest's context by the length of its first batch but one (tag).
mkdir -p /run/gpu
until_said() { until grep -q "$1" $2 2>/dev/null; do usleep 50000; done; }
arbitrate() {
    binnacle-gvt --arbitrate /run/gpu/arbiter --scenario /test-gpu.bin >/tmp/arbiter 2>&1 &
    arbiter=$!
    until_said "arbiter ready" /tmp/arbiter
}
mediate() {
    binnacle-gvt --socket-path /tmp/$1.gpu --scenario /test-gpu.bin --vm $1 --wayland /tmp/none --gpu virtgpu \
        --arbiter /run/gpu/arbiter --status /run/gpu/status/$1 >/tmp/$1.log 2>&1 &
    mediator=$!
    until_said "gvt: ready" /tmp/$1.log
}
# The second of two guests saturates the GPU all the time that the first one does: names, tags, batches of the first.
beside() {
    gvt-client /tmp/$2.gpu saturate $4 1000000 >/tmp/beside 2>&1 &
    other=$!
    until_said begins /tmp/beside
    gvt-client /tmp/$1.gpu saturate $3 $5
    echo "gpu: $1 beside $2 ends with $?"
}
alone() { kill $other; wait $other 2>/dev/null; }

for vm in service nobody; do
    binnacle-gvt --socket-path /tmp/none.gpu --scenario /test-gpu.bin --vm $vm 2>&1
    echo "gpu: a mediator for $vm ends with $?"
done
arbitrate
mediate light
light=$mediator
mediate first
mediate heavy
heavy=$mediator
beside heavy light 11 12 900
binnaclectl gpu
alone
beside first light 21 22 800
alone
gvt-client /tmp/light.gpu hostile

kill -9 $arbiter
until_said "arbiter has gone" /tmp/light.log
until_said "arbiter has gone" /tmp/heavy.log
beside heavy light 31 32 400
alone
arbitrate
until_said "light, weight 100" /tmp/arbiter
until_said "heavy, weight 300" /tmp/arbiter
beside heavy light 41 42 600
alone

# The other one's mediator dies while both want the GPU.
gvt-client /tmp/heavy.gpu saturate 51 1000000 >/tmp/victim 2>&1 &
until_said begins /tmp/victim
gvt-client /tmp/light.gpu saturate 52 600 >/tmp/survivor 2>&1 &
survivor=$!
until_said begins /tmp/survivor
kill -9 $heavy
wait $survivor
echo "gpu: beside a dead one ends with $?"; grep "has had" /tmp/survivor
until_said "heavy has gone" /tmp/arbiter
binnaclectl gpu

mediate heavy
heavy=$mediator
gvt-client /tmp/heavy.gpu paint 3
gvt-client /tmp/light.gpu peep 10
grep -v "^gvt: commands" /tmp/arbiter
