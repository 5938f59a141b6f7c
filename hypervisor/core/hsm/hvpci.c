/* SPDX-License-Identifier: BSD-3-Clause */
/* The hypervisor's PCI function in the service VM: registers, VM records, the log, commands. */
#include "binnacle/hvpci.h"
#include "hv/pci.h"

#include "hv/host.h"
#include "hv/watchdog.h"

#define LOG_BYTES 0x10000u
#define EINVAL    22u

_Static_assert(EXIT_KINDS <= BN_HVPCI_EXITS, "exit counters fit the record");
_Static_assert((uint32_t)VM_DYING == (uint32_t)BN_HVPCI_VM_DYING, "VM states are numbered alike");
_Static_assert(BN_HVPCI_LOG + LOG_BYTES <= BN_HVPCI_BAR_BYTES, "the log fits the BAR");
_Static_assert(BN_HVPCI_REG_VM + BN_MAX_VMS * sizeof(struct bn_hvpci_vm) <= BN_HVPCI_LOG,
               "so do VMs");

static struct vpci_function function;
static uint32_t command_result;

/* Up to 8 bytes of the ring at `offset`: the newest text that lies there. */
static uint64_t read_log(uint64_t offset, unsigned bytes)
{
    uint64_t value = 0, head = log_head(), at = head - head % LOG_BYTES + offset;

    if (at >= head && at < LOG_BYTES)
        return 0; /* not written yet */
    if (at >= head)
        at -= LOG_BYTES;
    return log_read(&at, (char *)&value, bytes) == (size_t)bytes ? value : 0;
}

static void fill_record(const struct vm *vm, struct bn_hvpci_vm *record)
{
    memset(record, 0, sizeof(*record));
    memcpy(record->name, vm->config->name, sizeof(record->name));
    record->kind = vm->config->kind;
    record->state = vm->state;
    record->vcpus = vm->vcpu_count;
    record->restarts = policy_restarts(vm);
    record->last_end = policy_last_end(vm);
    for (uint32_t v = 0; v < vm->vcpu_count; v++)
        for (uint32_t k = 0; k < EXIT_KINDS; k++)
            record->exits[k] += vm->vcpu[v].exits[k];
}

static uint64_t read_record(uint64_t offset, unsigned bytes)
{
    struct bn_hvpci_vm record;
    uint64_t index = offset / sizeof(record), value = 0;

    if (index >= scenario.vm_count)
        return 0;
    fill_record(&vms[index], &record);
    memcpy(&value, (const uint8_t *)&record + offset % sizeof(record), bytes);
    return value;
}

static uint64_t read_register(uint64_t offset)
{
    switch (offset) {
    case BN_HVPCI_REG_MAGIC:
        return BN_HVPCI_MAGIC | (uint64_t)BN_HVPCI_VERSION << 32;
    case BN_HVPCI_REG_VM_COUNT:
        return scenario.vm_count | (uint64_t)vm_service()->id << 32;
    case BN_HVPCI_REG_TSC_HZ:
        return tsc_hz;
    case BN_HVPCI_REG_TSC:
        return tsc_now();
    case BN_HVPCI_REG_HEARTBEAT:
        return watchdog_service_beats();
    case BN_HVPCI_REG_COMMAND_RESULT:
        return command_result | (uint64_t)LOG_BYTES << 32;
    case BN_HVPCI_REG_LOG_HEAD:
        return log_head();
    default:
        return 0;
    }
}

static uint32_t command(uint32_t value)
{
    uint32_t index = value & 0xFFFF;

    if (value >> 16 == BN_HVPCI_IGNITION_OFF) {
        policy_ignition_off();
        return 0;
    }
    if (index >= scenario.vm_count || vms[index].state == VM_ABSENT)
        return EINVAL;
    switch (value >> 16) {
    case BN_HVPCI_RESTART:
        policy_vm_ended(&vms[index], BN_HVPCI_END_RESTART);
        return 0;
    case BN_HVPCI_STOP:
        policy_vm_ended(&vms[index], BN_HVPCI_END_STOPPED);
        return 0;
    default:
        return EINVAL;
    }
}

static void bar_access(struct io_access *io)
{
    uint64_t offset = io->offset, pair;

    if (offset % io->bytes) {
        io->value = 0;
    } else if (io->write) {
        if (offset == BN_HVPCI_REG_HEARTBEAT)
            watchdog_service_beat();
        else if (offset == BN_HVPCI_REG_COMMAND && io->bytes == 4)
            command_result = command((uint32_t)io->value);
    } else if (offset >= BN_HVPCI_LOG) {
        io->value = read_log(offset - BN_HVPCI_LOG, io->bytes);
    } else if (offset >= BN_HVPCI_REG_VM) {
        io->value = read_record(offset - BN_HVPCI_REG_VM, io->bytes);
    } else {
        /* Registers are kept in pairs of 32 bits; a narrow read takes its part. */
        pair = read_register(offset & ~7ull) >> (offset % 8 * 8);
        io->value = io->bytes == 8 ? pair : pair & ((1ull << io->bytes * 8) - 1);
    }
}

enum bn_status hvpci_init(struct vm *service)
{
    enum bn_status status;

    function = (struct vpci_function){.access = bar_access, .bar_bytes = BN_HVPCI_BAR_BYTES};
    status = vpci_add(service->pci, &function, BN_HVPCI_VENDOR | (uint32_t)BN_HVPCI_DEVICE << 16,
                      BN_HVPCI_CLASS << 8 | 1u);
    if (status == BN_OK)
        hv_log("PCI: the hypervisor's function is %02x:%02x.0, registers at %x", function.bdf >> 8,
               function.bdf >> 3 & 31, function.config[4]);
    return status;
}
