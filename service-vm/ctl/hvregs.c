/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the mapping of the hypervisor's registers. */
#include "hvregs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "binnacle/shm.h"

/* device-dax maps whole large pages only. */
int hvregs_open(struct hvregs *h, const char *window)
{
    int fd = open(window, O_RDWR | O_CLOEXEC), rc = 0;
    struct stat st;
    void *base;

    h->window = h->regs = NULL;
    if (fd < 0)
        return -errno;
    base = mmap(NULL, BN_SHM_ALIGN, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (base == MAP_FAILED)
        rc = -errno;
    else
        h->window = base;
    if (rc == 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size < (off_t)BN_SHM_ALIGN)
        rc = -EPROTO; /* touching pages beyond a file's end would be a signal */
    close(fd);
    if (rc == 0) {
        h->regs = h->window + BN_HV_OFFSET;
        if (hvregs_read32(h, BN_HV_REG_MAGIC) != BN_HV_MAGIC ||
            hvregs_read32(h, BN_HV_REG_VERSION) != BN_HV_VERSION)
            rc = -EPROTO;
    }
    if (rc < 0)
        hvregs_close(h);
    return rc;
}

void hvregs_close(struct hvregs *h)
{
    if (h->window)
        munmap((void *)(uintptr_t)h->window, BN_SHM_ALIGN);
    h->window = h->regs = NULL;
}

uint32_t hvregs_read32(const struct hvregs *h, unsigned offset)
{
    return *(const volatile uint32_t *)(h->regs + offset);
}

uint64_t hvregs_read64(const struct hvregs *h, unsigned offset)
{
    return *(const volatile uint64_t *)(h->regs + offset);
}

unsigned hvregs_vms(const struct hvregs *h)
{
    uint32_t n = hvregs_read32(h, BN_HV_REG_VM_COUNT);
    uint32_t room = (BN_HV_LOG - BN_HV_REG_VM) / (uint32_t)sizeof(struct bn_hv_vm);

    return n < room ? n : room;
}

void hvregs_vm(const struct hvregs *h, unsigned i, struct bn_hv_vm *vm)
{
    unsigned at = BN_HV_REG_VM + i * (unsigned)sizeof(*vm);

    for (unsigned o = 0; o < offsetof(struct bn_hv_vm, exits); o += 4) {
        uint32_t v = hvregs_read32(h, at + o);

        memcpy((uint8_t *)vm + o, &v, sizeof(v));
    }
    for (unsigned e = 0; e < BN_HV_EXITS; e++)
        vm->exits[e] = hvregs_read64(h, at + (unsigned)offsetof(struct bn_hv_vm, exits) + 8 * e);
    vm->name[sizeof(vm->name) - 1] = 0;
}

int hvregs_find(const struct hvregs *h, const char *name)
{
    for (unsigned i = 0; i < hvregs_vms(h); i++) {
        struct bn_hv_vm vm;

        hvregs_vm(h, i, &vm);
        if (strcmp(vm.name, name) == 0)
            return (int)i;
    }
    return -1;
}

int hvregs_command(const struct hvregs *h, enum bn_hv_command command, unsigned vm)
{
    *(volatile uint32_t *)(h->regs + BN_HV_REG_COMMAND) = (uint32_t)command << 16 | vm;
    return -(int)hvregs_read32(h, BN_HV_REG_COMMAND_RESULT);
}
