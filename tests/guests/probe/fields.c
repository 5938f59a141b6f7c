/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every field of every structure that a hypercall takes, one at a time, with every hostile value;
 * the rest of the structure is as a good caller would fill it. What may be accepted is what only
 * that VM would feel: its general registers, say.
 */
#include <linux/io.h>
#include <linux/printk.h>
#include <linux/string.h>

#include "probe.h"

struct field {
    const char *name;
    u16 offset, bytes;
    bool own; /* some values are good, and only the VM itself would feel them */
};

struct structure {
    const char *name;
    ulong call;
    bool has_vm; /* RDI is the VM id, RSI the address; else RDI is the address */
    unsigned int count;
    const struct field *fields;
    void (*fill)(u8 *page, u16 vm);
};

static const u64 hostile[] = {1,          0xFF,       0xFFFF,     0x10000,
                              0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 1ull << 40,
                              1ull << 52, 1ull << 63, ~0xFFFull,  ~0ull};

static void put(u8 *at, u64 value, unsigned int bytes)
{
    memcpy(at, &value, bytes);
}

/* Of the VM that exists already: whatever it says, there is no second one. */
static void fill_create(u8 *page, u16 vm)
{
    memset(page, 0, PAGE_SIZE);
    memcpy(page + 8, probe_uuid, sizeof(probe_uuid));
}

static const struct field create_fields[] = {
    {"vmid", 0, 2},  {"vcpu_num", 4, 2}, {"uuid", 8, 8},
    {"uuid", 16, 8}, {"vm_flag", 24, 8}, {"cpu_affinity", 40, 8},
};

static void fill_batch(u8 *page, u16 vm)
{
    memset(page, 0, PAGE_SIZE);
    put(page, vm, 2);
    put(page + 8, 1, 4);
    put(page + 16, virt_to_phys(page + 64), 8);
    put(page + 68, 0x47, 4);
    put(page + 72, 1ull << 30, 8);         /* where in the guest */
    put(page + 80, virt_to_phys(page), 8); /* of the service VM */
    put(page + 88, PAGE_SIZE, 8);
}

static const struct field batch_fields[] = {
    {"vmid", 0, 2},
    {"count", 8, 4},
    {"list", 16, 8},
    {"operation", 64, 4},
    {"attributes", 68, 4, true},
    {"user_gpa", 72, 8, true},
    {"service_gpa", 80, 8, true},
    {"bytes", 88, 8, true},
};

static void fill_ioreq(u8 *page, u16 vm)
{
    memset(page, 0, PAGE_SIZE);
}

static const struct field ioreq_fields[] = {{"page", 0, 8, true}};

static void fill_regs(u8 *page, u16 vm)
{
    memset(page, 0, PAGE_SIZE);
    put(page + 184, 0x60000010, 8); /* CR0 */
    put(page + 256, 0x9B, 4);
    put(page + 260, 0xFFFF, 4);
}

static const struct field regs_fields[] = {
    {"vcpu_id", 0, 2},        {"reserved", 2, 2},    {"cr0", 184, 8, true},
    {"cr4", 192, 8, true},    {"cr3", 200, 8, true}, {"efer", 208, 8, true},
    {"rflags", 216, 8, true}, {"reserved", 224, 8},  {"cs_ar", 256, 4, true},
};

static void fill_msi(u8 *page, u16 vm)
{
    memset(page, 0, PAGE_SIZE);
    put(page + 8, 0x500, 8); /* INIT, which no device may send */
}

static const struct field msi_fields[] = {{"address", 0, 8}};

static void fill_monitor(u8 *page, u16 vm)
{
    memset(page, 0, PAGE_SIZE);
    put(page, 7, 4);
}

static const struct field monitor_fields[] = {{"command", 0, 4}};

#define FIELDS(array) ARRAY_SIZE(array), array
static const struct structure structures[] = {
    {"create VM", VM_CREATE, false, FIELDS(create_fields), fill_create},
    {"memory regions", SET_MEMORY, false, FIELDS(batch_fields), fill_batch},
    {"ioreq buffer", IOREQ_BUFFER, true, FIELDS(ioreq_fields), fill_ioreq},
    {"vCPU registers", VCPU_REGS, true, FIELDS(regs_fields), fill_regs},
    {"MSI", INJECT_MSI, true, FIELDS(msi_fields), fill_msi},
    {"interrupt monitor", INTR_MONITOR, true, FIELDS(monitor_fields), fill_monitor},
};

static long call(const struct structure *s, u16 vm, u64 address)
{
    return s->has_vm ? probe_vmcall(s->call, vm, address) : probe_vmcall(s->call, address, 0);
}

/* False: the field is too small for the value, or has it already. */
static bool spoil(const struct structure *s, const struct field *f, u64 value, u8 *page, u16 vm)
{
    u64 before = 0;

    s->fill(page, vm);
    memcpy(&before, page + f->offset, f->bytes);
    if (before == value || (f->bytes < 8 && value >> 8 * f->bytes))
        return false;
    put(page + f->offset, value, f->bytes);
    return true;
}

static void try_fields(const struct structure *s, u8 *page, u16 vm)
{
    unsigned int f, v, calls = 0, accepted = 0, own = 0;

    for (f = 0; f < s->count; f++)
        for (v = 0; v < ARRAY_SIZE(hostile); v++) {
            if (!spoil(s, &s->fields[f], hostile[v], page, vm))
                continue;
            calls++;
            if (call(s, vm, virt_to_phys(page)) < 0)
                continue;
            if (s->fields[f].own) {
                own++;
                continue;
            }
            accepted++;
            probe_say("fields of %s: %s = %llx: ACCEPTED", s->name, s->fields[f].name, hostile[v]);
        }
    probe_say("fields of %s: %u hostile ones, %u accepted, %u harmless", s->name, calls, accepted,
              own);
}

/* The structure itself at addresses that are not ours, or only in part. */
static void try_addresses(const struct structure *s, u16 vm)
{
    static const u64 nowhere[] = {1ull << 40, 1ull << 52, 1ull << 63, ~0xFFFull, ~0ull};
    unsigned int i, v, calls = 0, accepted = 0;

    for (i = 0; i < probe_target_count; i++) {
        const u64 at[] = {probe_targets[i].base, probe_targets[i].base - 4,
                          probe_targets[i].base + 0xFFC};

        for (v = 0; v < ARRAY_SIZE(at); v++, calls++)
            accepted += call(s, vm, at[v]) >= 0;
    }
    for (v = 0; v < ARRAY_SIZE(nowhere); v++, calls++)
        accepted += call(s, vm, nowhere[v]) >= 0;
    probe_say("addresses of %s: %u hostile ones, %u accepted", s->name, calls, accepted);
}

/* VM ids that are nobody's, the service VM's own and the cluster's, with a structure that is right.
 */
static void try_ids(const struct structure *s, u8 *page, u16 vm)
{
    unsigned int id, calls = 0, accepted = 0;

    if (!s->has_vm)
        return;
    for (id = 0; id < 0x40; id++) {
        if (id == vm)
            continue;
        s->fill(page, vm);
        calls++;
        accepted += probe_vmcall(s->call, id, virt_to_phys(page)) >= 0;
    }
    probe_say("VM ids of %s: %u hostile ones, %u accepted", s->name, calls, accepted);
}

/* Calls without a structure, at other VMs and at lines and vCPUs that are not there. */
static void try_plain(u16 vm)
{
    static const ulong calls_of[] = {VM_DESTROY, VM_START, VM_PAUSE, VM_RESET, SET_IRQLINE, NOTIFY};
    unsigned int c, id, v, calls = 0, accepted = 0;

    for (c = 0; c < ARRAY_SIZE(calls_of); c++)
        for (id = 0; id < 0x40; id++)
            if (id != vm) {
                calls++;
                accepted += probe_vmcall(calls_of[c], id, 0) >= 0;
            }
    for (v = 0; v < ARRAY_SIZE(hostile); v++, calls += 2) {
        accepted += probe_vmcall(NOTIFY, vm, hostile[v]) >= 0;
        /* line 24 and above, with every operation */
        accepted += probe_vmcall(SET_IRQLINE, vm, hostile[v] | 24) >= 0;
    }
    probe_say("plain calls: %u hostile ones, %u accepted", calls, accepted);
}

void probe_fields(u8 *page, u16 vm)
{
    unsigned int i;

    for (i = 0; i < ARRAY_SIZE(structures); i++) {
        try_fields(&structures[i], page, vm);
        try_addresses(&structures[i], vm);
        try_ids(&structures[i], page, vm);
    }
    try_plain(vm);
}
