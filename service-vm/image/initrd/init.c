/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * First process of the service VM and of the IVI: opens the root file system through dm-verity and
 * hands over to it.
 *
 * The initrd is covered by the loader's checksums (service VM) or lies in a verified root itself
 * (IVI), and it holds the verity table with the root hash: so every block of the root file system
 * is checked down from the firmware's signature. Table file /verity, one "key value" per line,
 * written by tools/image: device   partname:NAME (a GPT partition's name) or path:/dev/X fstype
 * squashfs table    "1 ... " the dm-verity target's parameters with "@" for the device (kernel:
 * admin-guide/device-mapper/verity) sectors  length of the data in 512-byte sectors
 */
#include "verity.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define WAIT_SECONDS 60

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
static _Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void say_list(const char *kind, const char *format, va_list args)
{
    char text[400];
    int n = vsnprintf(text, sizeof text, format, args);

    if (n >= 0)
        dprintf(STDERR_FILENO, "binnacle initrd: %s%s\n", kind, text);
}

static void say(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say_list("", format, args);
    va_end(args);
}

/* The kernel panics when its first process ends: the hypervisor or the device model sees that and
 * starts over. */
static _Noreturn void fail(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say_list("error: ", format, args);
    va_end(args);
    (void)tcdrain(STDERR_FILENO); /* else the panic's lines fall into this one */
    exit(1);
}

static void mount_or_fail(const char *source, const char *target, const char *type,
                          unsigned long flags)
{
    if (mount(source, target, type, flags, NULL) != 0)
        fail("cannot mount %s on %s: %s", type, target, strerror(errno));
}

/* The disk's driver may still be probing: looks for the device until it is there. */
static void wait_for_device(const struct verity_spec *spec, char *path, size_t size)
{
    const struct timespec pause = {.tv_nsec = 20 * 1000 * 1000};
    struct timespec start, now;

    clock_gettime(CLOCK_MONOTONIC, &start);
    for (;;) {
        if (verity_find_device(spec->device, path, size) == 0)
            return;
        clock_gettime(CLOCK_MONOTONIC, &now);
        if (now.tv_sec - start.tv_sec > WAIT_SECONDS)
            fail("no block device %s after %d s", spec->device, WAIT_SECONDS);
        nanosleep(&pause, NULL);
    }
}

static void carry_mount(const char *from, const char *to)
{
    if (mount(from, to, NULL, MS_MOVE, NULL) != 0)
        fail("cannot move %s to %s: %s", from, to, strerror(errno));
}

int main(void)
{
    char *const init[] = {"/sbin/init", NULL};
    struct verity_spec spec;
    char device[64];
    int rc;

    mount_or_fail("proc", "/proc", "proc", 0);
    mount_or_fail("sysfs", "/sys", "sysfs", 0);
    mount_or_fail("devtmpfs", "/dev", "devtmpfs", 0);

    rc = verity_read_spec("/verity", &spec);
    if (rc != 0)
        fail("cannot read /verity: %s", strerror(-rc));
    wait_for_device(&spec, device, sizeof device);
    rc = verity_open(&spec, device, "root");
    if (rc != 0)
        fail("dm-verity refuses %s: %s", device, strerror(-rc));
    if (mount("/dev/dm-0", "/root", spec.fstype, MS_RDONLY, NULL) != 0)
        fail("cannot mount the root file system of %s: %s (changed or damaged?)", device,
             strerror(errno));
    say("root is %s, verified", device);

    carry_mount("/proc", "/root/proc");
    carry_mount("/sys", "/root/sys");
    carry_mount("/dev", "/root/dev");
    if (chdir("/root") != 0 || mount(".", "/", NULL, MS_MOVE, NULL) != 0 || chroot(".") != 0 ||
        chdir("/") != 0)
        fail("cannot change to the root file system: %s", strerror(errno));
    execv(init[0], init);
    fail("cannot start %s: %s", init[0], strerror(errno));
}
