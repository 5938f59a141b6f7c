/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the life of a device model: the order in which one VM is put together, run and taken apart.
 */
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

#include "acpi.h"
#include "binnacle/shm.h"
#include "devices.h"
#include "firmware.h"
#include "fw_items.h"
#include "gpu_display.h"
#include "log.h"
#include "machine.h"
#include "options.h"
#include "sandbox.h"
#include "shm_window.h"

#define WINDOW         "/dev/dax0.0"
#define SLOT_SHM       1
#define SLOT_DOG       2
#define SLOT_PANIC     3
#define SLOT_TTY       4
#define SLOT_FIRST     5    /* of the vhost-user devices */
#define SLOT_LPC       31   /* where OVMF looks for it */
#define DISPLAY_WIDTH  1280 /* without a scenario */
#define DISPLAY_HEIGHT 720
#define GRACE_S        10 /* that a guest has to switch itself off when its power button was pressed */

struct devices {
    struct uart *uart;
    struct power *power;
    struct fw_cfg *fw_cfg;
    struct debug_console *debug;
    struct q35 *q35;
    struct ivshmem *ivshmem;
    struct watchdog *watchdog;
    struct pvpanic *pvpanic;
    struct console *console;
    struct vm_state *vm_state;
    unsigned backends;
    struct vhost_device *backend[MAX_BACKENDS];
    unsigned functions;
    struct passthru *function[BN_MAX_FUNCTIONS];
};

struct dm {
    struct machine m;
    struct options o;
    struct shm_window window;
    struct bn_scenario scenario;
    const struct bn_scenario_vm *vm; /* NULL: development without a scenario */
    int vm_index;
    struct boot_plan plan;
    char module_name[IMAGE_MAX_MODULES][256];
    struct cpu_state cpu;
    struct firmware firmware;
    struct devices d;
    struct vu_source signals, grace;
    struct gvt_display display; /* of a GPU that gives its pictures to us */
    struct gpu_display shown_by;
};

static int fail(const char *what, int rc)
{
    log_line("%s: %s", what, strerror(-rc));
    return rc;
}

/* Opens the window and reads the scenario; 1: there is neither, nor need there be (--kvm). */
static int read_scenario(struct dm *dm)
{
    const char *path = dm->o.window ? dm->o.window : WINDOW;
    int rc = 0;

    if (!dm->o.kvm || dm->o.window) {
        rc = shm_window_open(&dm->window, path);
        if (rc < 0 && (dm->o.window || !dm->o.scenario))
            return fail(path, rc);
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
    return rc < 0 ? fail(dm->o.scenario ? dm->o.scenario : path, rc) : 0;
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
    return rc < 0 ? fail("display", rc) : 0;
}

static int open_images(struct dm *dm)
{
    int rc;

    if (!dm->o.kernel) {
        log_line("no kernel: neither --kernel nor the scenario names one");
        return -EINVAL;
    }
    rc = blob_open(&dm->plan.kernel, dm->o.kernel);
    if (rc < 0)
        return fail(dm->o.kernel, rc);
    rc = dm->o.initrd ? blob_open(&dm->plan.initrd, dm->o.initrd) : 0;
    if (rc < 0)
        return fail(dm->o.initrd, rc);
    for (unsigned i = 0; i < dm->o.modules; i++) {
        char *args;

        (void)snprintf(dm->module_name[i], sizeof(dm->module_name[i]), "%s", dm->o.module[i]);
        args = strchr(dm->module_name[i], '=');
        if (args)
            *args++ = 0;
        dm->plan.module_args[i] = args;
        rc = blob_open(&dm->plan.module[i], dm->module_name[i]);
        if (rc < 0)
            return fail(dm->module_name[i], rc);
        dm->plan.modules++;
    }
    dm->plan.cmdline = dm->o.cmdline ? dm->o.cmdline : "";
    return 0;
}

static void close_images(struct dm *dm)
{
    blob_close(&dm->plan.kernel);
    blob_close(&dm->plan.initrd);
    for (unsigned i = 0; i < dm->plan.modules; i++)
        blob_close(&dm->plan.module[i]);
}

static int create_memory(struct dm *dm)
{
    int rc = guest_mem_create(&dm->m.mem, dm->o.memory, !dm->o.kvm);

    if (rc < 0)
        log_line("%" PRIu64 " MiB of memory: %s%s", dm->o.memory >> 20, strerror(-rc),
                 rc == -ENOMEM ? " (see /proc/sys/vm/nr_hugepages)" : "");
    return rc;
}

/* Empty memory and the firmware, which finds everything else itself. */
static int load_firmware(struct dm *dm)
{
    char why[256] = "";
    struct blob image;
    int rc = blob_open(&image, dm->o.firmware);

    if (rc < 0)
        return fail(dm->o.firmware, rc);
    rc = firmware_load(&dm->firmware, &image, why, sizeof(why));
    if (rc < 0)
        log_line("firmware refused: %s", why);
    blob_close(&image);
    return rc < 0 ? rc : create_memory(dm);
}

/* Memory with tables and images in it; the images are needed no more afterwards. */
static int fill_memory(struct dm *dm)
{
    char why[256] = "";
    int rc = open_images(dm);

    if (rc == 0)
        rc = create_memory(dm);
    if (rc == 0)
        rc = acpi_write(&dm->m.mem, dm->o.cpus, &dm->plan.rsdp);
    if (rc == 0) {
        rc = is_multiboot(&dm->plan.kernel)
                 ? boot_multiboot(&dm->m.mem, &dm->plan, &dm->cpu, why, sizeof(why))
                 : boot_bzimage(&dm->m.mem, &dm->plan, &dm->cpu, why, sizeof(why));
        if (rc < 0)
            log_line("image refused: %s", why);
    }
    close_images(dm);
    return rc;
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
        return fail("create VM", rc);
    rc = dm->m.ops->map_memory(dm->m.hyp, &dm->m.mem);
    return rc < 0 ? fail("map memory", rc) : 0;
}

/* True when any region of the scenario may be seen by our VM. */
static bool sees_window(const struct dm *dm)
{
    for (unsigned i = 0; dm->vm && dm->window.base && i < dm->scenario.region_count; i++) {
        if (dm->scenario.region[i].rights[dm->vm_index])
            return true;
    }
    return false;
}

/* The directory, then every region that the scenario gives our VM a right to; the hypervisor
 * refuses all others. */
static int map_window(struct dm *dm)
{
    int rc = ivshmem_map(dm->d.ivshmem, 0, BN_SHM_ALIGN, false);

    for (unsigned i = 0; i < dm->scenario.region_count && rc == 0; i++) {
        const struct bn_scenario_region *r = &dm->scenario.region[i];
        uint8_t rights = r->rights[dm->vm_index];
        uint64_t offset, bytes;

        if (!rights)
            continue;
        rc = shm_window_find(&dm->window, r->name, &offset, &bytes);
        if (rc == 0)
            rc = ivshmem_map(dm->d.ivshmem, offset, bytes, rights & BN_SHM_WRITE);
    }
    return rc;
}

static int create_ports(struct dm *dm)
{
    int rc = power_create(&dm->d.power, &dm->m);

    if (rc == 0)
        rc = rtc_add(&dm->m);
    if (rc == 0)
        rc = uart_create(&dm->d.uart, &dm->m, dm->o.serial_log, dm->o.serial_socket);
    if (rc == 0 && dm->o.debug_exit)
        rc = debug_exit_add(&dm->m);
    if (rc == 0 && (dm->o.fw_cfg || dm->o.firmware))
        rc = fw_cfg_create(&dm->d.fw_cfg, &dm->m);
    if (rc == 0 && dm->o.firmware_log)
        rc = debug_console_create(&dm->d.debug, &dm->m, dm->o.firmware_log);
    return rc;
}

/* The machine that firmware knows: its own pages, the chipset, the description of the rest. */
static int create_firmware(struct dm *dm)
{
    int rc = firmware_map(&dm->firmware, &dm->m);

    if (rc == 0)
        rc = q35_create(&dm->d.q35, &dm->m, SLOT_LPC);
    return rc < 0 ? rc : fw_items_add(dm->d.fw_cfg, &dm->m);
}

static int create_functions(struct dm *dm)
{
    struct devices *d = &dm->d;
    int rc = 0;

    if (sees_window(dm) && dm->o.firmware) {
        log_line("the shared window is not shown to firmware, which would move it");
    } else if (sees_window(dm)) {
        rc = ivshmem_create(&d->ivshmem, &dm->m, dm->window.base, dm->window.bytes, SLOT_SHM);
        if (rc == 0)
            rc = map_window(dm);
    }
    if (rc == 0 && dm->o.watchdog)
        rc = watchdog_create(&d->watchdog, &dm->m, SLOT_DOG);
    if (rc == 0)
        rc = pvpanic_create(&d->pvpanic, &dm->m, SLOT_PANIC);
    if (rc == 0)
        rc = console_create(&d->console, &dm->m, dm->o.console_log, dm->o.console_socket, SLOT_TTY);
    for (unsigned i = 0; i < dm->o.backends && rc == 0; i++) {
        rc = vhost_device_create(&d->backend[i], &dm->m, dm->o.backend[i].kind,
                                 dm->o.backend[i].socket, SLOT_FIRST + i, dm->o.wait_ms);
        d->backends += rc == 0;
        if (rc == 0 && dm->o.backend[i].display)
            rc = vhost_device_show(d->backend[i], &dm->shown_by, dm->display.scanouts);
    }
    for (unsigned i = 0; i < dm->o.functions && rc == 0; i++) {
        rc = passthru_create(&d->function[d->functions], &dm->m, dm->o.function[i],
                             SLOT_FIRST + dm->o.backends + i);
        d->functions += rc == 0;
        if (rc == -ENOENT && dm->o.may_lack[i]) /* the machine has it not */
            rc = 0;
    }
    return rc;
}

static int create_devices(struct dm *dm)
{
    int rc = create_ports(dm);

    if (rc == 0 && dm->o.firmware)
        rc = create_firmware(dm);
    if (rc == 0)
        rc = create_functions(dm);
    if (rc < 0)
        return fail("devices", rc);
    rc = vm_state_create(&dm->d.vm_state, &dm->m, dm->window.base, dm->window.bytes);
    if (rc == -ENODEV && dm->o.kvm)
        rc = 0; /* there is no hypervisor of ours to look at */
    if (rc == -ENODEV) {
        log_line("the hypervisor's registers are not there: a triple fault is noticed by the "
                 "watchdog only");
        rc = 0;
    }
    return rc;
}

static void destroy_devices(struct devices *d)
{
    for (unsigned i = 0; i < d->functions; i++)
        passthru_destroy(d->function[i]);
    for (unsigned i = 0; i < d->backends; i++)
        vhost_device_destroy(d->backend[i]);
    if (d->vm_state)
        vm_state_destroy(d->vm_state);
    if (d->console)
        console_destroy(d->console);
    if (d->pvpanic)
        pvpanic_destroy(d->pvpanic);
    if (d->watchdog)
        watchdog_destroy(d->watchdog);
    if (d->ivshmem)
        ivshmem_destroy(d->ivshmem);
    if (d->q35)
        q35_destroy(d->q35);
    if (d->debug)
        debug_console_destroy(d->debug);
    if (d->fw_cfg)
        fw_cfg_destroy(d->fw_cfg);
    if (d->uart)
        uart_destroy(d->uart);
    if (d->power)
        power_destroy(d->power);
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
        return fail("set-up", rc);
    rc = find_vm(dm);
    if (rc == 0)
        rc = start_display(dm);
    if (rc == 0 && (dm->o.memory == 0 || dm->o.cpus == 0)) {
        log_line("neither the scenario nor the command line gives memory and CPUs");
        rc = -EINVAL;
    }
    if (rc == 0)
        rc = dm->o.firmware ? load_firmware(dm) : fill_memory(dm);
    if (rc == 0)
        rc = create_vm(dm);
    if (rc == 0)
        rc = create_devices(dm);
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
        return fail("start VM", rc);
    log_line("started: %u vCPUs, %" PRIu64 " MiB below 1 GiB, %" PRIu64
             " MiB above 4 GiB, start_ns=%" PRIu64,
             dm->o.cpus, dm->m.mem.low >> 20, dm->m.mem.high >> 20, monotonic_ns());
    if (dm->o.sandbox) {
        rc = sandbox_enter();
        if (rc < 0)
            return fail("sandbox", rc);
    }
    rc = vu_loop_run(&dm->m.loop);
    return rc < 0 ? fail("loop", rc) : 0;
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
    destroy_devices(&dm.d);
    firmware_free(&dm.firmware);
    shm_window_close(&dm.window);
    machine_finish(&dm.m);
    return started ? machine_exit_status(&dm.m) : 1;
}
