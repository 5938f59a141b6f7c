/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the guest's memory. */
#include "guest_mem.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/memfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "layout.h"

int guest_mem_create(struct guest_mem *mem, uint64_t bytes, bool huge)
{
    unsigned flags = MFD_CLOEXEC | (huge ? MFD_HUGETLB | MFD_HUGE_2MB : 0);
    int rc;

    *mem = (struct guest_mem){.fd = -1, .base = MAP_FAILED};
    if (bytes % GUEST_MEM_PAGE || bytes < 2 * GUEST_MEM_PAGE)
        return -EINVAL;
    mem->low = bytes < LOW_MEMORY_MAX ? bytes : LOW_MEMORY_MAX;
    mem->high = bytes - mem->low;
    mem->fd = memfd_create("guest-memory", flags);
    if (mem->fd < 0 || ftruncate(mem->fd, (off_t)bytes) < 0)
        goto fail;
    /* MAP_POPULATE would hide a shortage of pages until a SIGBUS; fallocate says it. */
    if (huge && fallocate(mem->fd, 0, 0, (off_t)bytes) < 0)
        goto fail;
    mem->base = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, mem->fd, 0);
    if (mem->base == MAP_FAILED)
        goto fail;
    (void)madvise(mem->base, bytes, MADV_DONTDUMP);
    rc = vq_mem_add(&mem->map, 0, mem->low, (uintptr_t)mem->base, mem->base);
    if (rc == 0 && mem->high)
        rc = vq_mem_add(&mem->map, HIGH_MEMORY, mem->high, (uintptr_t)(mem->base + mem->low),
                        mem->base + mem->low);
    if (rc < 0)
        guest_mem_destroy(mem);
    return rc;
fail:
    rc = errno == ENOSPC ? -ENOMEM : -errno;
    guest_mem_destroy(mem);
    return rc;
}

void guest_mem_destroy(struct guest_mem *mem)
{
    if (mem->base != MAP_FAILED)
        munmap(mem->base, mem->low + mem->high);
    if (mem->fd >= 0)
        close(mem->fd);
    *mem = (struct guest_mem){.fd = -1, .base = MAP_FAILED};
}
