/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the reading of the vehicle's signals. */
#include "vehicle.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PCI_DEVICES    "/sys/bus/pci/devices"
#define IVSHMEM_VENDOR 0x1AF4u
#define IVSHMEM_DEVICE 0x1110u
#define READ_TRIES     8 /* a writer is inside for a few hundred nanoseconds every 100 ms */

/* Uncached memory of another VM: word by word, never by a string instruction. */
static void copy_in(void *to, const volatile uint8_t *from, size_t bytes)
{
    for (size_t i = 0; i < bytes / 4; i++) {
        const uint32_t word = ((const volatile uint32_t *)(const volatile void *)from)[i];

        memcpy((uint8_t *)to + i * 4, &word, 4); /* `to` is a structure, not words: no aliasing */
    }
}

const volatile uint8_t *vehicle_region(const volatile uint8_t *window, size_t bytes)
{
    struct bn_shm_directory d = {0};

    if (bytes < sizeof(d))
        return NULL;
    copy_in(&d, window, sizeof(d));
    if (d.magic != BN_SHM_DIR_MAGIC || d.version != BN_SHM_VERSION ||
        d.count > BN_SHM_MAX_REGIONS ||
        d.crc != bn_crc32(0, &d, offsetof(struct bn_shm_directory, crc)))
        return NULL;
    for (unsigned i = 0; i < d.count; i++) {
        const struct bn_shm_entry *e = &d.entry[i];
        const size_t need = sizeof(struct bn_shm_header) + sizeof(struct bn_vehicle);

        if (e->kind != BN_SHM_VEHICLE || !(e->rights & BN_SHM_READ))
            continue;
        if (e->offset % BN_SHM_ALIGN || e->bytes < need || e->offset > bytes ||
            e->bytes > bytes - e->offset)
            return NULL;
        return window + e->offset;
    }
    return NULL;
}

static unsigned read_id(const char *device, const char *what)
{
    char path[300];
    unsigned value = 0;
    FILE *f;

    snprintf(path, sizeof(path), PCI_DEVICES "/%s/%s", device, what);
    f = fopen(path, "re");
    if (!f)
        return 0;
    if (fscanf(f, "%x", &value) != 1)
        value = 0;
    fclose(f);
    return value;
}

static bool find_function(char *path, size_t bytes)
{
    DIR *dir = opendir(PCI_DEVICES);
    struct dirent *e;
    bool found = false;

    while (dir && !found && (e = readdir(dir))) {
        if (e->d_name[0] == '.' || read_id(e->d_name, "vendor") != IVSHMEM_VENDOR ||
            read_id(e->d_name, "device") != IVSHMEM_DEVICE)
            continue;
        snprintf(path, bytes, PCI_DEVICES "/%s/enable", e->d_name);
        const int fd = open(path, O_WRONLY | O_CLOEXEC); /* no driver of the kernel's has done so */
        if (fd >= 0) {
            (void)!write(fd, "1", 1);
            close(fd);
        }
        snprintf(path, bytes, PCI_DEVICES "/%s/resource2", e->d_name);
        found = true;
    }
    if (dir)
        closedir(dir);
    return found;
}

void vehicle_open(struct vehicle_source *s, const char *path)
{
    char found[300];
    struct stat st;
    void *p;
    int fd;

    memset(s, 0, sizeof(*s));
    if (!path && !find_function(found, sizeof(found)))
        return;
    fd = open(path ? path : found, O_RDONLY | O_CLOEXEC | O_SYNC);
    if (fd < 0)
        return;
    if (fstat(fd, &st) == 0 && st.st_size > 0) {
        p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
        if (p != MAP_FAILED) {
            s->mapping = p;
            s->mapped = (size_t)st.st_size;
            s->region = vehicle_region(p, s->mapped);
        }
    }
    close(fd);
}

void vehicle_close(struct vehicle_source *s)
{
    if (s->mapping)
        munmap(s->mapping, s->mapped);
    s->mapping = NULL;
    s->region = NULL;
}

/* One consistent copy; false: none to be had, or it is not what it says. */
static bool read_once(const struct vehicle_source *s, struct bn_shm_header *h, struct bn_vehicle *v)
{
    for (unsigned i = 0; i < READ_TRIES; i++) {
        uint32_t after;

        copy_in(h, s->region, sizeof(*h));
        copy_in(v, s->region + sizeof(*h), sizeof(*v));
        copy_in(&after, s->region + offsetof(struct bn_shm_header, sequence), sizeof(after));
        if ((h->sequence & 1) || h->sequence != after)
            continue;
        return h->magic == BN_SHM_MAGIC && h->version == BN_SHM_VERSION &&
               h->data_id == BN_SHM_VEHICLE && h->payload_bytes == sizeof(*v) &&
               h->crc == bn_shm_crc(h, v);
    }
    return false;
}

void vehicle_read(struct vehicle_source *s, double now, struct vehicle_state *v)
{
    struct bn_shm_header h;
    struct bn_vehicle raw = {0};

    if (s->region && read_once(s, &h, &raw) && (!s->seen || h.counter != s->counter)) {
        s->seen = true;
        s->counter = h.counter;
        s->fresh_at = now;
        s->last = (struct vehicle_state){
            .valid = raw.flags & BN_VEHICLE_VALID,
            .speed_kmh = raw.speed_centikmh / 100.0,
            .rpm = raw.engine_rpm,
            .gear = raw.gear,
            .odometer_m = raw.odometer_m,
            .telltales = raw.telltales,
            .has_air = raw.flags & BN_VEHICLE_AIR,
            .outside_c = raw.outside_halves / 2.0,
            .has_cabin = raw.flags & BN_VEHICLE_CABIN && raw.hour < 24 && raw.minute < 60,
            .hour = raw.hour,
            .minute = raw.minute,
            .miles = raw.flags & BN_VEHICLE_MILES,
            .seat_c = {raw.driver_halves / 2.0, raw.passenger_halves / 2.0},
        };
    }
    *v = s->last;
    if (!s->seen || now - s->fresh_at > VEHICLE_STALE_S)
        *v = (struct vehicle_state){.valid = false};
}
