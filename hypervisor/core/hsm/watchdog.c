/* SPDX-License-Identifier: BSD-3-Clause */
/* The watchdogs: the service VM beats a register, the cluster's frames must advance. */
#include "hv/watchdog.h"

#include "binnacle/cluster_frames.h"
#include "hv/host.h"
#include "hv/shm.h"

#define TICK_NS     50000000ull
#define FIRST_FRAME 20u /* times its deadline: what a cluster may take to boot */

static struct hv_timer tick;
static bool always_on; /* ignition-off is under way */

static struct {
    struct vm *vm; /* 0: nobody is watched */
    volatile const struct bn_cluster_frames *frames;
    uint64_t allowed, since; /* TSC ticks, TSC */
    uint32_t latest;
} cluster;

static struct {
    struct vm *vm;
    uint64_t allowed;
    volatile uint64_t since; /* of the last beat; 0: not armed */
    volatile uint32_t beats;
    bool safe; /* the display was taken back */
} service;

static void check_cluster(uint64_t now)
{
    uint32_t latest;

    if (!cluster.vm || cluster.vm->state != VM_RUNNING)
        return;
    latest = cluster.frames->latest;
    if (latest != cluster.latest) {
        cluster.latest = latest;
        cluster.since = now;
        return;
    }
    if (now - cluster.since < cluster.allowed * (latest ? 1 : FIRST_FRAME))
        return;
    vm_event(cluster.vm, "watchdog: no frame after %u for %u ms", latest,
             (unsigned)(tsc_to_ns(now - cluster.since) / 1000000));
    cluster.since = now;
    policy_vm_ended(cluster.vm, BN_HV_END_WATCHDOG);
}

static void display_back(const char *why)
{
    if (service.safe)
        return;
    service.safe = true;
    hv_log("display: %s; %s", why,
           display_safe() ? "SAFE, the controller is back in its boot mode"
                          : "no way to take it back");
}

static void check_service(uint64_t now)
{
    uint64_t since = service.since;

    if (!service.vm || !since || now < since || now - since < service.allowed)
        return;
    service.since = 0;
    vm_event(service.vm, "watchdog: no beat for %u ms",
             (unsigned)(tsc_to_ns(now - since) / 1000000));
    display_back("the service VM missed its deadline");
    if (service.vm->config->flags & BN_VM_RESTART)
        policy_vm_ended(service.vm, BN_HV_END_WATCHDOG);
}

static void ticked(void *context)
{
    uint64_t now = tsc_now();

    (void)context;
    check_cluster(now);
    check_service(now);
    if (always_on)
        policy_pending = 1;
    timer_arm(&tick, now + tsc_from_ns(TICK_NS));
}

static void watch(struct vm *vm)
{
    uint64_t allowed = tsc_from_ns(vm->config->watchdog_ms * 1000000ull), bytes;
    struct bn_shm_header *h;

    if (!allowed)
        return;
    if (vm_is_service(vm)) {
        service.vm = vm;
        service.allowed = allowed;
        return;
    }
    h = shm_region(BN_SHM_CLUSTER_FRAMES, &bytes);
    if (vm->config->kind != BN_VM_PRELAUNCHED || !h || cluster.vm)
        return;
    cluster.frames = (const struct bn_cluster_frames *)(const void *)(h + 1);
    cluster.allowed = allowed;
    cluster.vm = vm;
    watchdog_vm_started(vm);
}

void watchdog_init(const struct bn_scenario *plan)
{
    for (uint32_t i = 0; i < plan->vm_count; i++)
        watch(&vms[i]);
    tick.expired = ticked;
    if (cluster.vm || service.vm)
        timer_arm(&tick, tsc_now() + tsc_from_ns(TICK_NS));
}

/* Ignition-off is asked for on the CPU that called watchdog_init(), so this is its timer too. */
void watchdog_tick_on(void)
{
    always_on = true;
    if (!cluster.vm && !service.vm)
        timer_arm(&tick, tsc_now() + tsc_from_ns(TICK_NS));
}

void watchdog_vm_started(struct vm *vm)
{
    if (vm_is_service(vm))
        service.safe = false; /* it takes the display anew, and may lose it anew */
    if (vm != cluster.vm)
        return;
    /* A restarted cluster counts its frames anew; 0 until then, which gives it time to boot. */
    cluster.latest = cluster.frames->latest;
    cluster.since = tsc_now();
}

void watchdog_service_ended(void)
{
    service.since = 0;
    display_back("the service VM has ended");
}

void watchdog_service_beat(void)
{
    service.beats++;
    service.since = tsc_now();
}

uint32_t watchdog_service_beats(void)
{
    return service.beats;
}
