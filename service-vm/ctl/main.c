/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns binnaclectl's command line: list, stats, watch, gpu, audio, log, restart, stop, off. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audio.h"
#include "console.h"
#include "gpu.h"
#include "hvregs.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const char *const kinds[] = {"?", "service", "pre-launched", "post-launched"};
static const char *const states[] = {"absent", "created", "running", "paused", "parked", "dying"};
static const char *const ends[] = {"-",      "power-off", "reset",   "sleep",  "triple-fault",
                                   "parked", "watchdog",  "stopped", "restart"};
static const char *const exits[] = BN_HV_EXIT_NAMES;

static const char *word(const char *const *list, size_t count, uint32_t i)
{
    return i < count ? list[i] : "?";
}

static uint64_t all_exits(const struct bn_hv_vm *vm)
{
    uint64_t n = 0;

    for (unsigned i = 0; i < BN_HV_EXITS; i++)
        n += vm->exits[i];
    return n;
}

static void list(const struct hvregs *h)
{
    printf("%-16s %-14s %-8s %5s %8s %-13s %12s\n", "VM", "kind", "state", "vCPUs", "restarts",
           "last end", "exits");
    for (unsigned i = 0; i < hvregs_vms(h); i++) {
        struct bn_hv_vm vm;

        hvregs_vm(h, i, &vm);
        printf("%-16s %-14s %-8s %5u %8u %-13s %12" PRIu64 "\n", vm.name,
               word(kinds, COUNT(kinds), vm.kind), word(states, COUNT(states), vm.state), vm.vcpus,
               vm.restarts, word(ends, COUNT(ends), vm.last_end), all_exits(&vm));
    }
}

static void stats(const struct hvregs *h, unsigned i)
{
    struct bn_hv_vm vm;

    hvregs_vm(h, i, &vm);
    printf("%s:\n", vm.name);
    for (unsigned e = 0; e < COUNT(exits); e++) {
        if (vm.exits[e])
            printf("  %-12s %" PRIu64 "\n", exits[e], vm.exits[e]);
    }
}

/* One line a second: exits of each VM since the line before. */
static void watch(const struct hvregs *h, unsigned seconds)
{
    uint64_t before[64] = {0};
    unsigned n = hvregs_vms(h) < COUNT(before) ? hvregs_vms(h) : COUNT(before);

    for (unsigned s = 0; s <= seconds; s++) {
        for (unsigned i = 0; i < n; i++) {
            struct bn_hv_vm vm;
            uint64_t now;

            hvregs_vm(h, i, &vm);
            now = all_exits(&vm);
            if (s)
                printf("%s %s %" PRIu64 " exits/s   ", vm.name,
                       word(states, COUNT(states), vm.state), now - before[i]);
            before[i] = now;
        }
        if (s)
            printf("\n");
        (void)fflush(stdout);
        if (s < seconds)
            (void)sleep(1);
    }
}

/* What the ring still holds, oldest first. */
static void show_log(const struct hvregs *h)
{
    uint64_t head = hvregs_read64(h, BN_HV_REG_LOG_HEAD),
             bytes = hvregs_read32(h, BN_HV_REG_LOG_BYTES), at;

    if (bytes == 0 || bytes > BN_HV_BYTES - BN_HV_LOG)
        return;
    for (at = head > bytes ? head - bytes : 0; at < head; at++) {
        unsigned offset = BN_HV_LOG + (unsigned)(at % bytes);

        /* registers are read by words */
        (void)putchar((int)(hvregs_read32(h, offset & ~3u) >> 8 * (offset & 3) & 0xFF));
    }
}

static int command(const struct hvregs *h, enum bn_hv_command what, const char *name)
{
    int vm = name ? hvregs_find(h, name) : 0, rc;

    if (vm < 0) {
        (void)fprintf(stderr, "binnaclectl: there is no VM \"%s\"\n", name);
        return 1;
    }
    rc = hvregs_command(h, what, (unsigned)vm);
    if (rc < 0)
        (void)fprintf(stderr, "binnaclectl: the hypervisor refuses: %s\n", strerror(-rc));
    return rc < 0;
}

static int usage(void)
{
    (void)fputs("usage: binnaclectl list | stats [VM] | watch [SECONDS] | gpu [SECONDS] |\n"
                "                   audio [...] | log | console VM | restart VM | stop VM | off\n"
                "  gpu: what each guest has of the GPU and did with it, once or every second\n"
                "  audio: who is heard; audio help: how to change it\n"
                "  console: of a VM that a device model serves, line by line, until end of input\n"
                "  restart and stop: pre-launched VMs and the service VM; the IVI is its device "
                "model's (sv restart ivi)\n"
                "  off: ignition off, all VMs in order, the cluster last\n",
                stderr);
    return 2;
}

static int run(const struct hvregs *h, int argc, char **argv)
{
    const char *what = argv[1], *name = argc > 2 ? argv[2] : NULL;
    int vm;

    if (strcmp(what, "list") == 0) {
        list(h);
    } else if (strcmp(what, "stats") == 0) {
        for (unsigned i = 0; !name && i < hvregs_vms(h); i++)
            stats(h, i);
        vm = name ? hvregs_find(h, name) : 0;
        if (name && vm >= 0)
            stats(h, (unsigned)vm);
        return vm < 0;
    } else if (strcmp(what, "watch") == 0) {
        watch(h, name ? (unsigned)strtoul(name, NULL, 10) : 3600);
    } else if (strcmp(what, "log") == 0) {
        show_log(h);
    } else if (strcmp(what, "restart") == 0 && name) {
        return command(h, BN_HV_RESTART, name);
    } else if (strcmp(what, "stop") == 0 && name) {
        return command(h, BN_HV_STOP, name);
    } else if (strcmp(what, "off") == 0) {
        return command(h, BN_HV_IGNITION_OFF, NULL);
    } else {
        return usage();
    }
    return 0;
}

int main(int argc, char **argv)
{
    const char *window = getenv("BINNACLECTL_WINDOW");
    struct hvregs h;
    int rc;

    if (argc < 2)
        return usage();
    if (strcmp(argv[1], "console") == 0 && argc > 2) {
        rc = console_attach(argv[2]);
        if (rc < 0)
            (void)fprintf(stderr, "binnaclectl: console of %s: %s\n", argv[2], strerror(-rc));
        return rc < 0;
    }
    if (strcmp(argv[1], "gpu") == 0)
        return gpu_show(BN_GPU_STATUS_DIR, argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 0);
    if (strcmp(argv[1], "audio") == 0) {
        const char *status = getenv("BINNACLECTL_SOUND");
        const char *control = getenv("BINNACLECTL_SOUND_CONTROL");
        const struct audio_paths paths = {status ? status : BN_SOUND_STATUS,
                                          control ? control : BN_SOUND_CONTROL};

        return audio_run(&paths, argc - 2, argv + 2);
    }
    rc = hvregs_open(&h, window ? window : "/dev/dax0.0");
    if (rc < 0) {
        (void)fprintf(stderr, "binnaclectl: the hypervisor's registers: %s\n", strerror(-rc));
        return 1;
    }
    rc = run(&h, argc, argv);
    hvregs_close(&h);
    return rc;
}
