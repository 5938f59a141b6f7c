/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the command line. */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    OPT_VM = 1,
    OPT_GUESTS,
    OPT_SCENARIO,
    OPT_WINDOW,
    OPT_KERNEL,
    OPT_INITRD,
    OPT_CMDLINE,
    OPT_MODULE,
    OPT_FIRMWARE,
    OPT_FIRMWARE_LOG,
    OPT_PCI,
    OPT_SERIAL_LOG,
    OPT_SERIAL_SOCKET,
    OPT_CONSOLE_LOG,
    OPT_CONSOLE_SOCKET,
    OPT_MEMORY,
    OPT_CPUS,
    OPT_WAIT,
    OPT_KVM,
    OPT_DEBUG_EXIT,
    OPT_FW_CFG,
    OPT_NO_WATCHDOG,
    OPT_NO_SANDBOX,
    OPT_HELP,
    OPT_BACKEND, /* --blk, --net, ... by name */
};

static const struct option table[] = {
    {"vm", required_argument, NULL, OPT_VM},
    {"guests", no_argument, NULL, OPT_GUESTS},
    {"scenario", required_argument, NULL, OPT_SCENARIO},
    {"window", required_argument, NULL, OPT_WINDOW},
    {"kernel", required_argument, NULL, OPT_KERNEL},
    {"initrd", required_argument, NULL, OPT_INITRD},
    {"cmdline", required_argument, NULL, OPT_CMDLINE},
    {"module", required_argument, NULL, OPT_MODULE},
    {"firmware", required_argument, NULL, OPT_FIRMWARE},
    {"firmware-log", required_argument, NULL, OPT_FIRMWARE_LOG},
    {"pci", required_argument, NULL, OPT_PCI},
    {"serial-log", required_argument, NULL, OPT_SERIAL_LOG},
    {"serial-socket", required_argument, NULL, OPT_SERIAL_SOCKET},
    {"console-log", required_argument, NULL, OPT_CONSOLE_LOG},
    {"console-socket", required_argument, NULL, OPT_CONSOLE_SOCKET},
    {"memory", required_argument, NULL, OPT_MEMORY},
    {"cpus", required_argument, NULL, OPT_CPUS},
    {"wait", required_argument, NULL, OPT_WAIT},
    {"kvm", no_argument, NULL, OPT_KVM},
    {"debug-exit", no_argument, NULL, OPT_DEBUG_EXIT},
    {"fw-cfg", no_argument, NULL, OPT_FW_CFG},
    {"no-watchdog", no_argument, NULL, OPT_NO_WATCHDOG},
    {"no-sandbox", no_argument, NULL, OPT_NO_SANDBOX},
    {"help", no_argument, NULL, OPT_HELP},
    {"blk", required_argument, NULL, OPT_BACKEND},
    {"net", required_argument, NULL, OPT_BACKEND},
    {"input", required_argument, NULL, OPT_BACKEND},
    {"sound", required_argument, NULL, OPT_BACKEND},
    {"gpu", required_argument, NULL, OPT_BACKEND},
    {"fs", required_argument, NULL, OPT_BACKEND},
    {0},
};

static const char help[] =
    "usage: binnacle-dm --vm NAME [options]     creates and serves one VM of the scenario\n"
    "       binnacle-dm --guests               lists those that are to be started again when "
    "they end (\"restart\"),\n"
    "                                          each with the devices that not all have "
    "(\"sound\", \"-\": none)\n"
    "                                          and its command line\n"
    "  --window FILE          shared window (default /dev/dax0.0); holds the scenario\n"
    "  --scenario FILE        scenario from a file instead\n"
    "  --kernel FILE          bzImage or Multiboot 1 image    --initrd FILE    --cmdline TEXT\n"
    "  --module FILE[=TEXT]   Multiboot module, may be repeated\n"
    "  --firmware FILE        starts there instead: OVMF_CODE.fd, or another image of QEMU's Q35\n"
    "  --firmware-log FILE    what it writes to its debug port 402h\n"
    "  --memory MIB           in place of the scenario's    --cpus N    with --kvm only\n"
    "  --blk SOCKET, --net SOCKET, --input SOCKET, --gpu SOCKET, --sound SOCKET, --fs SOCKET\n"
    "                         devices served by vhost-user back ends, in the order of their PCI "
    "slots\n"
    "  --gpu SOCKET,display   of a back end that gives its pictures to us, as QEMU's "
    "vhost-user-gpu does:\n"
    "                         they are shown on $XDG_RUNTIME_DIR/binnacle/NAME\n"
    "  --pci BB:DD.F          this function of the machine is the VM's, behind the back ends' "
    "slots;\n"
    "                         may be repeated; those that the scenario gives it are so anyway\n"
    "  --wait SECONDS         how long to wait for each back end at the start (default 30)\n"
    "  --serial-log FILE, --serial-socket PATH      ttyS0\n"
    "  --console-log FILE, --console-socket PATH    hvc0\n"
    "  --debug-exit, --fw-cfg isa-debug-exit at F4h, fw_cfg at 510h\n"
    "  --no-watchdog          without i6300esb    --no-sandbox    without seccomp filter\n"
    "  --kvm                  over /dev/kvm, for development\n"
    "exit status: 0 the VM is to stay off, 75 start it again, 2n+1 isa-debug-exit of n, 1 bad "
    "command line or image\n";

static int parse_number(const char *text, unsigned max, unsigned *value)
{
    char *end;
    unsigned long n;

    errno = 0;
    n = strtoul(text, &end, 10);
    if (errno || *end || end == text || n == 0 || n > max)
        return -EINVAL;
    *value = (unsigned)n;
    return 0;
}

/* SOCKET, and for a GPU SOCKET,display. */
static int take_backend(struct options *o, const char *name, char *socket)
{
    char *word = strcmp(name, "gpu") == 0 ? strchr(socket, ',') : NULL;

    if (o->backends == MAX_BACKENDS || (word && strcmp(word, ",display") != 0))
        return -EINVAL;
    if (word)
        *word = 0;
    o->backend[o->backends].kind = vhost_device_kind(name);
    o->backend[o->backends].display = word != NULL;
    o->backend[o->backends++].socket = socket;
    return 0;
}

static int take_number(struct options *o, int option)
{
    unsigned n = 0;
    int rc = parse_number(optarg, option == OPT_CPUS ? BN_MAX_VCPUS : 1u << 20, &n);

    if (option == OPT_MEMORY)
        o->memory = (uint64_t)n << 20;
    else if (option == OPT_CPUS)
        o->cpus = n;
    else
        o->wait_ms = n < 100000 ? n * 1000 : 100000000;
    return rc;
}

/* Options that are one string; NULL: it is none of them. */
static const char **string_option(struct options *o, int option)
{
    switch (option) {
    case OPT_VM:
        return &o->vm;
    case OPT_SCENARIO:
        return &o->scenario;
    case OPT_WINDOW:
        return &o->window;
    case OPT_KERNEL:
        return &o->kernel;
    case OPT_INITRD:
        return &o->initrd;
    case OPT_CMDLINE:
        return &o->cmdline;
    case OPT_FIRMWARE:
        return &o->firmware;
    case OPT_FIRMWARE_LOG:
        return &o->firmware_log;
    case OPT_SERIAL_LOG:
        return &o->serial_log;
    case OPT_SERIAL_SOCKET:
        return &o->serial_socket;
    case OPT_CONSOLE_LOG:
        return &o->console_log;
    case OPT_CONSOLE_SOCKET:
        return &o->console_socket;
    default:
        return NULL;
    }
}

static int take(struct options *o, int option, int index)
{
    const char **string = string_option(o, option);

    if (string) {
        *string = optarg;
        return 0;
    }
    switch (option) {
    case OPT_MODULE:
        if (o->modules == IMAGE_MAX_MODULES)
            return -EINVAL;
        o->module[o->modules++] = optarg;
        return 0;
    case OPT_PCI:
        if (o->functions == BN_MAX_FUNCTIONS)
            return -EINVAL;
        o->function[o->functions++] = optarg;
        return 0;
    case OPT_MEMORY:
    case OPT_CPUS:
    case OPT_WAIT:
        return take_number(o, option);
    case OPT_GUESTS:
        o->guests = true;
        return 0;
    case OPT_KVM:
        o->kvm = true;
        return 0;
    case OPT_DEBUG_EXIT:
        o->debug_exit = true;
        return 0;
    case OPT_FW_CFG:
        o->fw_cfg = true;
        return 0;
    case OPT_NO_WATCHDOG:
        o->watchdog = false;
        return 0;
    case OPT_NO_SANDBOX:
        o->sandbox = false;
        return 0;
    case OPT_BACKEND:
        return take_backend(o, table[index].name, optarg);
    default:
        return -EINVAL;
    }
}

int options_parse(struct options *o, int argc, char **argv)
{
    int option, index = 0;

    *o = (struct options){.wait_ms = 30000, .watchdog = true, .sandbox = true};
    while ((option = getopt_long(argc, argv, "", table, &index)) != -1) {
        if (option == OPT_HELP) {
            (void)fputs(help, stdout);
            return 1;
        }
        if (option == '?')
            return -EINVAL;
        if (take(o, option, index) < 0) {
            (void)fprintf(stderr, "binnacle-dm: --%s: bad value, or too many\n", table[index].name);
            return -EINVAL;
        }
    }
    if (optind < argc || (!o->vm && !o->guests)) {
        (void)fprintf(stderr, "binnacle-dm: %s\n%s",
                      optind < argc ? "too many arguments" : "--vm is missing", help);
        return -EINVAL;
    }
    if (o->firmware && (o->kernel || o->initrd || o->cmdline || o->modules)) {
        (void)fputs("binnacle-dm: --firmware: it boots from a disk, so --kernel, --initrd, "
                    "--cmdline and --module cannot be given beside it\n",
                    stderr);
        return -EINVAL;
    }
    return 0;
}

/* One that the command line names too comes once. */
static int add_function(struct options *o, const struct bn_scenario_device *device)
{
    char name[sizeof(o->named[0])];

    (void)snprintf(name, sizeof(name), "%02x:%02x.%u", device->bdf >> 8, device->bdf >> 3 & 31u,
                   device->bdf & 7u);
    for (unsigned i = 0; i < o->functions; i++)
        if (!strcmp(o->function[i], name))
            return 0;
    if (o->functions == BN_MAX_FUNCTIONS) {
        (void)fprintf(stderr, "binnacle-dm: %s (%s): a VM has at most %u functions\n", name,
                      device->name, BN_MAX_FUNCTIONS);
        return -E2BIG;
    }
    o->may_lack[o->functions] = device->flags & BN_DEVICE_OPTIONAL;
    o->function[o->functions] = memcpy(o->named[o->functions], name, sizeof(name));
    o->functions++;
    return 0;
}

int options_complete(struct options *o, const struct bn_scenario *scenario, unsigned number)
{
    const struct bn_scenario_vm *vm = &scenario->vm[number];
    int rc = 0;

    if (!o->firmware) {
        if (!o->kernel && vm->image[0])
            o->kernel = vm->image;
        if (!o->initrd && vm->initrd[0])
            o->initrd = vm->initrd;
        if (!o->cmdline && vm->cmdline[0])
            o->cmdline = vm->cmdline;
    }
    if (!o->memory)
        o->memory = vm->memory_bytes;
    if (!o->cpus)
        o->cpus = vm->cpu_count;
    for (uint32_t i = 0; i < scenario->device_count && rc == 0 && !o->kvm; i++)
        if (scenario->device[i].kind == BN_DEVICE_PCI && scenario->device[i].owner == number)
            rc = add_function(o, &scenario->device[i]);
    return rc;
}
