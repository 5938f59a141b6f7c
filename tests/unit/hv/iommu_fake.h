/* SPDX-License-Identifier: BSD-3-Clause */
/* What the tests of all kinds of IOMMU share: memory, log and VMs, and what must hold for each
 * kind. */
#ifndef IOMMU_FAKE_H
#define IOMMU_FAKE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hv/host.h"
#include "hv/hw.h"
#include "hv/iommu.h"
#include "hv/pcpu.h"
#include "hv/vm.h"

#define UNIT     0xFED80000ull
#define MIB      0x100000ull
#define FAKE_BDF 0x10u
#define FRAME    0x000FFFFFFFFFF000ull
#define IVI      2u /* a VM started over HSM; 0 is the service VM, 1 pre-launched */
#define NIC      0x0100u
#define OTHERS   0x0080u /* in the scenario */

struct fake {
    char told[32768], order[256]; /* log; what the unit was told, a letter each */
    uint32_t reg[0x4000 / 4];
    uint32_t config[64]; /* of its PCI function, if it has one */
    bool stuck;          /* the unit does nothing */
    bool xapic;          /* the processors have no x2APICs */
    bool narrow;         /* or the unit can name no more than 8 bits of one */
    size_t pages_in_use;
};
extern struct fake fake;
extern jmp_buf panicked;

void fake_begin(bool amd); /* machine, VMs and memory as after power-on */
uint64_t *fake_words(hpa_t address);
void fake_note(char c);
void fake_set64(unsigned reg, uint64_t value);
uint64_t fake_get64(unsigned reg);

/*
 * The caches of a unit: what it found once it goes on believing until it is told otherwise. A test
 * that forgets an invalidation finds the old translation here.
 */
struct fake_translation {
    uint16_t bdf, domain;
    uint64_t page;
    hpa_t to;
    bool write;
};
bool fake_cached(uint16_t bdf, uint64_t page, struct fake_translation *found);
void fake_cache(const struct fake_translation *found);
void fake_forget(unsigned domain); /* 0: all */

/* ---- Of the kind under test. */
/* Where the unit sends the function's access; false: it stops it. Without caches. */
bool unit_walk(uint16_t bdf, uint64_t page, struct fake_translation *found);
/* Where a message ends: destination and vector; false: nowhere. */
bool unit_message(uint16_t source, const struct msi_message *message, uint32_t *apic,
                  uint8_t *vector);
int unit_begin(void **state); /* a cmocka setup */
void unit_late(void);         /* works off what it was told first, and stands still again */

/* ---- Tests for each kind: cmocka tests, to be run after unit_begin. */
void reach_of_the_service_vm(void **state);
void domains(void **state);
void memory_changes(void **state);
void no_memory_changes_nothing(void **state);
void thousands_of_vms(void **state);
void dead_unit(void **state);
void dies_later(void **state);
void messages(void **state);
void messages_run_out(void **state);
void plain_messages(void **state);
#define FAKE_TESTS                                                                                 \
    cmocka_unit_test_setup(reach_of_the_service_vm, unit_begin),                                   \
        cmocka_unit_test_setup(domains, unit_begin),                                               \
        cmocka_unit_test_setup(memory_changes, unit_begin),                                        \
        cmocka_unit_test_setup(no_memory_changes_nothing, unit_begin),                             \
        cmocka_unit_test_setup(thousands_of_vms, unit_begin),                                      \
        cmocka_unit_test_setup(dead_unit, unit_begin),                                             \
        cmocka_unit_test_setup(dies_later, unit_begin),                                            \
        cmocka_unit_test_setup(messages, unit_begin),                                              \
        cmocka_unit_test_setup(messages_run_out, unit_begin),                                      \
        cmocka_unit_test_setup(plain_messages, unit_begin)

#endif
