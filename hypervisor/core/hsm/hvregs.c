/* SPDX-License-Identifier: BSD-3-Clause */
/* The hypervisor's registers in the service VM: VM records, the log, commands. */
#include "binnacle/hvregs.h"
#include "hv/host.h"
#include "hv/shm.h"
#include "hv/watchdog.h"

#define LOG_BYTES 0x10000u
#define EINVAL    22u

_Static_assert(EXIT_KINDS <= BN_HV_EXITS, "exit counters fit the record");
_Static_assert((uint32_t)VM_DYING == (uint32_t)BN_HV_VM_DYING, "VM states are numbered alike");
_Static_assert(BN_HV_LOG + LOG_BYTES <= BN_HV_BYTES, "the log fits");
_Static_assert(BN_HV_OFFSET >= HV_PAGE_BYTES && BN_HV_OFFSET + BN_HV_BYTES <= BN_SHM_ALIGN,
               "between the directory and the regions");
_Static_assert(BN_HV_REG_VM + BN_MAX_VMS * sizeof(struct bn_hv_vm) <= BN_HV_LOG, "so do VMs");

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

static void fill_record(const struct vm *vm, struct bn_hv_vm *record)
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
    struct bn_hv_vm record;
    uint64_t index = offset / sizeof(record), value = 0;

    if (index >= scenario.vm_count)
        return 0;
    fill_record(&vms[index], &record);
    memcpy(&value, (const uint8_t *)&record + offset % sizeof(record), bytes);
    return value;
}

static uint64_t read_register(uint64_t offset)
{
    const uint64_t pairs[] = {
        [BN_HV_REG_MAGIC / 8] = BN_HV_MAGIC | (uint64_t)BN_HV_VERSION << 32,
        [BN_HV_REG_VM_COUNT / 8] = scenario.vm_count | (uint64_t)vm_service()->id << 32,
        [BN_HV_REG_TSC_HZ / 8] = tsc_hz,
        [BN_HV_REG_TSC / 8] = tsc_now(),
        [BN_HV_REG_HEARTBEAT / 8] = watchdog_service_beats(),
        [BN_HV_REG_COMMAND_RESULT / 8] = command_result | (uint64_t)LOG_BYTES << 32,
        [BN_HV_REG_LOG_HEAD / 8] = log_head(),
    };

    return offset / 8 < HV_ARRAY_SIZE(pairs) ? pairs[offset / 8] : 0;
}

static uint32_t command(uint32_t value)
{
    uint32_t index = value & 0xFFFF;

    if (value >> 16 == BN_HV_IGNITION_OFF) {
        policy_ignition_off();
        return 0;
    }
    if (index >= scenario.vm_count || vms[index].state == VM_ABSENT)
        return EINVAL;
    switch (value >> 16) {
    case BN_HV_RESTART:
        policy_vm_ended(&vms[index], BN_HV_END_RESTART);
        return 0;
    case BN_HV_STOP:
        policy_vm_ended(&vms[index], BN_HV_END_STOPPED);
        return 0;
    default:
        return EINVAL;
    }
}

static void access(struct io_access *io)
{
    uint64_t offset = io->offset, pair;

    if (offset % io->bytes) {
        io->value = 0;
    } else if (io->write) {
        if (offset == BN_HV_REG_HEARTBEAT)
            watchdog_service_beat();
        else if (offset == BN_HV_REG_COMMAND && io->bytes == 4)
            command_result = command((uint32_t)io->value);
    } else if (offset >= BN_HV_LOG) {
        io->value = read_log(offset - BN_HV_LOG, io->bytes);
    } else if (offset >= BN_HV_REG_VM) {
        io->value = read_record(offset - BN_HV_REG_VM, io->bytes);
    } else {
        /* Registers are kept in pairs of 32 bits; a narrow read takes its part. */
        pair = read_register(offset) >> (offset % 8 * 8);
        io->value = io->bytes == 8 ? pair : pair & ((1ull << io->bytes * 8) - 1);
    }
}

void hvregs_init(struct vm *service)
{
    if (scenario.shm.bytes)
        vm_add_mmio(service, scenario.shm.hpa + BN_HV_OFFSET, BN_HV_BYTES, access, NULL);
}
