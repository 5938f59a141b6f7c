/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the process's SIGBUS. */
#include "guard.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>

static struct {
    _Atomic uintptr_t base; /* 0: free */
    size_t bytes;
    atomic_bool broken;
} mappings[GUARD_MAPPINGS];

static void handle_bus(int number, siginfo_t *info, void *context)
{
    const uintptr_t at = (uintptr_t)info->si_addr;

    (void)context;
    for (unsigned i = 0; i < GUARD_MAPPINGS; i++) {
        const uintptr_t base = atomic_load(&mappings[i].base);

        if (!base || at < base || at - base >= mappings[i].bytes)
            continue;
        atomic_store(&mappings[i].broken, true);
        if (mmap((void *)base, mappings[i].bytes, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED)
            return;
    }
    /* not one of these: what it would have been without us */
    (void)signal(number, SIG_DFL);
}

int guard_init(void)
{
    struct sigaction a = {.sa_sigaction = handle_bus, .sa_flags = SA_SIGINFO};

    sigemptyset(&a.sa_mask);
    return sigaction(SIGBUS, &a, NULL) < 0 ? -errno : 0;
}

int guard_add(void *base, size_t bytes)
{
    for (int i = 0; i < GUARD_MAPPINGS; i++) {
        if (atomic_load(&mappings[i].base))
            continue;
        mappings[i].bytes = bytes;
        atomic_store(&mappings[i].broken, false);
        atomic_store(&mappings[i].base, (uintptr_t)base);
        return i;
    }
    return -ENOSPC;
}

bool guard_broken(int mapping)
{
    return mapping >= 0 && atomic_load(&mappings[mapping].broken);
}

void guard_remove(int mapping)
{
    atomic_store(&mappings[mapping].base, 0);
}
