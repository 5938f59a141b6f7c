/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the mapping of the hypervisor's PCI function. */
#include "hvpci.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define DEVICES "/sys/bus/pci/devices"

static unsigned read_hex(const char *folder, const char *name)
{
    char path[320];
    unsigned v = 0;
    FILE *f;

    (void)snprintf(path, sizeof(path), DEVICES "/%s/%s", folder, name);
    f = fopen(path, "re");
    if (!f)
        return 0;
    if (fscanf(f, "%x", &v) != 1)
        v = 0;
    (void)fclose(f);
    return v;
}

static int map(struct hvpci *h, const char *path)
{
    int fd = open(path, O_RDWR | O_CLOEXEC | O_SYNC);
    void *bar;

    if (fd < 0)
        return -errno;
    bar = mmap(NULL, BN_HVPCI_BAR_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (bar == MAP_FAILED)
        return -errno;
    h->bar = bar;
    if (hvpci_read32(h, BN_HVPCI_REG_MAGIC) == BN_HVPCI_MAGIC &&
        hvpci_read32(h, BN_HVPCI_REG_VERSION) == BN_HVPCI_VERSION)
        return 0;
    hvpci_close(h);
    return -EPROTO;
}

int hvpci_open(struct hvpci *h, const char *file)
{
    DIR *d = file ? NULL : opendir(DEVICES);
    int rc = -ENODEV;

    h->bar = NULL;
    if (file)
        return map(h, file);
    for (struct dirent *e; d && rc == -ENODEV && (e = readdir(d));) {
        char path[320];

        if (e->d_name[0] == '.' || read_hex(e->d_name, "vendor") != BN_HVPCI_VENDOR ||
            read_hex(e->d_name, "device") != BN_HVPCI_DEVICE)
            continue;
        (void)snprintf(path, sizeof(path), DEVICES "/%s/resource0", e->d_name);
        rc = map(h, path);
    }
    if (d)
        (void)closedir(d);
    return rc;
}

void hvpci_close(struct hvpci *h)
{
    if (h->bar)
        munmap((void *)(uintptr_t)h->bar, BN_HVPCI_BAR_BYTES);
    h->bar = NULL;
}

uint32_t hvpci_read32(const struct hvpci *h, unsigned offset)
{
    return *(const volatile uint32_t *)(h->bar + offset);
}

uint64_t hvpci_read64(const struct hvpci *h, unsigned offset)
{
    return *(const volatile uint64_t *)(h->bar + offset);
}

unsigned hvpci_vms(const struct hvpci *h)
{
    uint32_t n = hvpci_read32(h, BN_HVPCI_REG_VM_COUNT);
    uint32_t room = (BN_HVPCI_LOG - BN_HVPCI_REG_VM) / (uint32_t)sizeof(struct bn_hvpci_vm);

    return n < room ? n : room;
}

void hvpci_vm(const struct hvpci *h, unsigned i, struct bn_hvpci_vm *vm)
{
    unsigned at = BN_HVPCI_REG_VM + i * (unsigned)sizeof(*vm);

    for (unsigned o = 0; o < offsetof(struct bn_hvpci_vm, exits); o += 4) {
        uint32_t v = hvpci_read32(h, at + o);

        memcpy((uint8_t *)vm + o, &v, sizeof(v));
    }
    for (unsigned e = 0; e < BN_HVPCI_EXITS; e++)
        vm->exits[e] = hvpci_read64(h, at + (unsigned)offsetof(struct bn_hvpci_vm, exits) + 8 * e);
    vm->name[sizeof(vm->name) - 1] = 0;
}

int hvpci_find(const struct hvpci *h, const char *name)
{
    for (unsigned i = 0; i < hvpci_vms(h); i++) {
        struct bn_hvpci_vm vm;

        hvpci_vm(h, i, &vm);
        if (strcmp(vm.name, name) == 0)
            return (int)i;
    }
    return -1;
}

int hvpci_command(const struct hvpci *h, enum bn_hvpci_command command, unsigned vm)
{
    *(volatile uint32_t *)(h->bar + BN_HVPCI_REG_COMMAND) = (uint32_t)command << 16 | vm;
    return -(int)hvpci_read32(h, BN_HVPCI_REG_COMMAND_RESULT);
}
