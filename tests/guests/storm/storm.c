/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A storm of exits, run inside a VM: on every CPU a thread of the highest real-time priority that
 * does nothing but read a port nobody answers and a register of an emulated device. The VM's own
 * watchdog daemon never gets to run again.
 *
 * usage: storm    (root; ends only with its VM)
 */
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/mman.h>
#include <unistd.h>

#define PORT     0x2F0
#define WATCHDOG "0x25ab" /* PCI device id of the i6300esb */
#define DEVICES  "/sys/bus/pci/devices"

static volatile const uint8_t *device_register;

static int has_id(const char *name, const char *id)
{
    char path[300], text[16] = "";
    FILE *f;

    (void)snprintf(path, sizeof(path), DEVICES "/%s/device", name);
    f = fopen(path, "r");
    if (!f)
        return 0;
    if (!fgets(text, sizeof(text), f))
        text[0] = 0;
    (void)fclose(f);
    return strncmp(text, id, strlen(id)) == 0;
}

/* BAR 0 of the watchdog, whose registers only the device model can answer. */
static volatile const uint8_t *find_register(void)
{
    DIR *d = opendir(DEVICES);
    const struct dirent *e;
    char path[300];
    void *p = MAP_FAILED;
    int fd;

    while (d && (e = readdir(d)) && p == MAP_FAILED) {
        if (!has_id(e->d_name, WATCHDOG))
            continue;
        (void)snprintf(path, sizeof(path), DEVICES "/%s/resource0", e->d_name);
        fd = open(path, O_RDWR | O_SYNC | O_CLOEXEC);
        if (fd >= 0) {
            p = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
            (void)close(fd);
        }
    }
    if (d)
        (void)closedir(d);
    return p == MAP_FAILED ? NULL : p;
}

static void *blow(void *argument)
{
    const struct sched_param highest = {.sched_priority = 99};
    cpu_set_t one;

    CPU_ZERO(&one);
    CPU_SET((size_t)(uintptr_t)argument, &one);
    if (sched_setaffinity(0, sizeof(one), &one) < 0 ||
        sched_setscheduler(0, SCHED_FIFO, &highest) < 0 || iopl(3) < 0) {
        perror("storm");
        exit(1);
    }
    for (;;) {
        (void)inb(PORT);
        if (device_register)
            (void)device_register[0];
    }
    return NULL;
}

int main(void)
{
    FILE *f = fopen("/proc/sys/kernel/sched_rt_runtime_us", "w");
    const long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    pthread_t thread;

    if (!f || fputs("-1", f) < 0 || fclose(f) != 0) {
        perror("storm: sched_rt_runtime_us");
        return 1;
    }
    device_register = find_register();
    printf("storm: on %ld CPUs%s\n", cpus, device_register ? "" : ", ports only");
    (void)fflush(stdout);
    for (long i = 1; i < cpus; i++)
        if (pthread_create(&thread, NULL, blow, (void *)(uintptr_t)i))
            return 1;
    blow((void *)0);
}
