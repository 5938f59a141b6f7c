/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the life of a device model: the order in which one VM is put together, run and taken apart.
 * Its memory is in vm_memory.c, its devices in vm_devices.c. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "dm_internal.h"
#include "sandbox.h"

#define WINDOW         "/dev/dax0.0"
#define DISPLAY_WIDTH  1280 /* without a scenario */
#define DISPLAY_HEIGHT 720
#define GRACE_S        10 /* that a guest has to switch itself off when its power button was pressed */

/* Opens the window and reads the scenario; 1: there is neither, nor need there be (--kvm). */
static int read_scenario(struct dm *dm)
{
    const char *path = dm->o.window ? dm->o.window : WINDOW;
    int rc = 0;

    if (!dm->o.kvm || dm->o.window) {
        rc = shm_window_open(&dm->window, path);
        if (rc < 0 && (dm->o.window || !dm->o.scenario))
            return dm_fail(path, rc);
    }
    if (dm->o.scenario)
        rc = scenario_read_file(dm->o.scenario, &dm->scenario);
    else if (dm->window.base)
        rc = shm_window_scenario(&dm->window, &dm->scenario);
    else
        return 1;
    if (rc == -EPROTO) {
        log_line(
            "%s: the scenario is damaged, or of another version; compile it with the bn-scenario "
            "of this build",
            dm->o.scenario ? dm->o.scenario : path);
        return rc;
    }
    return rc < 0 ? dm_fail(dm->o.scenario ? dm->o.scenario : path, rc) : 0;
}

static int find_vm(struct dm *dm)
{
    const int rc = read_scenario(dm);

    if (rc)
        return rc > 0 ? 0 : rc;
    dm->vm_index = scenario_find_vm(&dm->scenario, dm->o.vm);
    if (dm->vm_index < 0) {
        log_line("the scenario \"%.32s\" has no post-launched VM of this name", dm->scenario.name);
        return -ENOENT;
    }
    dm->vm = &dm->scenario.vm[dm->vm_index];
    return options_complete(&dm->o, &dm->scenario, (unsigned)dm->vm_index);
}

/* Before there is a VM: the child that shows its pictures has nothing of it. */
static int start_display(struct dm *dm)
{
    static char path[256];
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    unsigned displays = 0;
    int rc;

    for (unsigned i = 0; i < dm->o.backends; i++)
        displays += dm->o.backend[i].display;
    if (!displays)
        return 0;
    if (displays > 1) {
        log_line("one GPU's pictures can be shown, not those of %u", displays);
        return -EINVAL;
    }
    (void)snprintf(path, sizeof(path), "%s/binnacle/%s", runtime ? runtime : "/run", dm->o.vm);
    dm->display = (struct gvt_display){
        .wayland = path, .scanouts = 1, .mode = {{DISPLAY_WIDTH, DISPLAY_HEIGHT, 60000}}};
    if (dm->vm)
        gvt_display_scanouts(&dm->display, &dm->scenario, (unsigned)dm->vm_index);
    rc = gpu_display_start(&dm->shown_by, &dm->display);
    return rc < 0 ? dm_fail("display", rc) : 0;
}

static int create_vm(struct dm *dm)
{
    struct hyp_config config = {
        .name = dm->o.vm, .vcpus = dm->o.cpus, .access = machine_access, .priv = &dm->m};
    int rc;

    for (unsigned i = 0; dm->vm && i < dm->vm->cpu_count && i < BN_MAX_VCPUS; i++)
        config.cpu_affinity |= 1ull << dm->vm->cpu[i].pcpu;
    if (dm->vm)
        memcpy(config.uuid, dm->vm->uuid, sizeof(config.uuid));
    dm->m.vcpus = dm->o.cpus;
    rc = dm->m.ops->create(&dm->m.hyp, &config);
    if (rc < 0)
        return dm_fail("create VM", rc);
    rc = dm->m.ops->map_memory(dm->m.hyp, &dm->m.mem);
    return rc < 0 ? dm_fail("map memory", rc) : 0;
}

/* SIGTERM presses the power button, a second one or GRACE_S seconds end the VM; SIGINT ends it at
 * once. */
static void on_signal(struct vu_source *source, uint32_t events)
{
    struct dm *dm = source->priv;
    struct itimerspec t = {.it_value.tv_sec = GRACE_S}, left;
    struct signalfd_siginfo info;

    (void)events;
    if (read(source->fd, &info, sizeof(info)) != sizeof(info))
        return;
    pthread_mutex_lock(&dm->m.lock);
    if (info.ssi_signo == SIGTERM && timerfd_gettime(dm->grace.fd, &left) == 0 &&
        left.it_value.tv_sec == 0 && left.it_value.tv_nsec == 0) {
        log_line("power button pressed, %d s to switch off", GRACE_S);
        power_button(dm->d.power);
        (void)timerfd_settime(dm->grace.fd, 0, &t, NULL);
    } else {
        machine_end(&dm->m, END_STOPPED, "signal");
    }
    pthread_mutex_unlock(&dm->m.lock);
}

static void on_grace(struct vu_source *source, uint32_t events)
{
    struct dm *dm = source->priv;

    (void)events;
    pthread_mutex_lock(&dm->m.lock);
    machine_end(&dm->m, END_STOPPED, "the guest did not switch itself off");
    pthread_mutex_unlock(&dm->m.lock);
}

static int watch_signals(struct dm *dm)
{
    sigset_t set;
    int rc;

    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGINT);
    if (pthread_sigmask(SIG_BLOCK, &set, NULL) != 0)
        return -EINVAL;
    (void)signal(SIGPIPE, SIG_IGN);
    dm->signals = (struct vu_source){
        .fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK), .ready = on_signal, .priv = dm};
    dm->grace =
        (struct vu_source){.fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK),
                           .ready = on_grace,
                           .priv = dm};
    if (dm->signals.fd < 0 || dm->grace.fd < 0)
        return -errno;
    rc = vu_loop_add(&dm->m.loop, &dm->signals, EPOLLIN);
    return rc < 0 ? rc : vu_loop_add(&dm->m.loop, &dm->grace, EPOLLIN);
}

static int set_up(struct dm *dm)
{
    int rc = machine_open_loop(&dm->m);

    if (rc == 0)
        rc = watch_signals(dm);
    if (rc < 0)
        return dm_fail("set-up", rc);
    rc = find_vm(dm);
    if (rc == 0)
        rc = start_display(dm);
    if (rc == 0 && (dm->o.memory == 0 || dm->o.cpus == 0)) {
        log_line("neither the scenario nor the command line gives memory and CPUs");
        rc = -EINVAL;
    }
    if (rc == 0)
        rc = dm->o.firmware ? vm_memory_load_firmware(dm) : vm_memory_fill(dm);
    if (rc == 0)
        rc = create_vm(dm);
    if (rc == 0)
        rc = vm_devices_create(dm);
    if (rc == 0 && !dm->o.firmware)
        rc = dm->m.ops->set_cpu(dm->m.hyp, &dm->cpu);
    return rc;
}

static int run(struct dm *dm)
{
    int rc;

    tzset(); /* now: it reads a file */
    rc = dm->m.ops->start(dm->m.hyp);
    if (rc < 0)
        return dm_fail("start VM", rc);
    log_line("started: %u vCPUs, %" PRIu64 " MiB below 1 GiB, %" PRIu64
             " MiB above 4 GiB, start_ns=%" PRIu64,
             dm->o.cpus, dm->m.mem.low >> 20, dm->m.mem.high >> 20, monotonic_ns());
    if (dm->o.sandbox) {
        rc = sandbox_enter();
        if (rc < 0)
            return dm_fail("sandbox", rc);
    }
    rc = vu_loop_run(&dm->m.loop);
    return rc < 0 ? dm_fail("loop", rc) : 0;
}

/* A line for each VM that a supervisor is to start again: its name and command line. */
static int list_guests(struct dm *dm)
{
    const int rc = read_scenario(dm);

    for (unsigned i = 0; rc == 0 && i < dm->scenario.vm_count; i++) {
        const struct bn_scenario_vm *vm = &dm->scenario.vm[i];

        if (vm->kind == BN_VM_POSTLAUNCHED && (vm->flags & BN_VM_RESTART))
            printf("%.*s %s %.*s\n", BN_NAME_BYTES, vm->name, vm->sound.playback ? "sound" : "-",
                   BN_CMDLINE_BYTES, vm->cmdline);
    }
    shm_window_close(&dm->window);
    return rc < 0 ? 1 : 0;
}

int main(int argc, char **argv)
{
    static struct dm dm;
    int rc = options_parse(&dm.o, argc, argv);
    bool started = false;

    if (rc)
        return rc > 0 ? 0 : 1;
    log_name(dm.o.guests ? "guests" : dm.o.vm);
    if (dm.o.guests)
        return list_guests(&dm);
    dm.shown_by = (struct gpu_display){-1, -1};
    machine_init(&dm.m, dm.o.vm);
    dm.m.ops = dm.o.kvm ? &hyp_kvm : &hyp_hsm;
    rc = set_up(&dm);
    if (rc == 0) {
        started = true;
        rc = run(&dm);
    }
    if (rc < 0 && dm.m.end == END_NONE)
        dm.m.end = END_FAILURE;
    /* the VM first: no vCPU may still be running into a device that is gone */
    if (dm.m.hyp)
        dm.m.ops->destroy(dm.m.hyp);
    dm.m.hyp = NULL;
    vm_devices_destroy(&dm.d);
    firmware_free(&dm.firmware);
    shm_window_close(&dm.window);
    machine_finish(&dm.m);
    return started ? machine_exit_status(&dm.m) : 1;
}
