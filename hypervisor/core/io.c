/* SPDX-License-Identifier: BSD-3-Clause */
/* Accesses to ports and memory that are emulated: find who owns the address, ask, give the answer.
 */
#include "hv/ioreq.h"
#include "hv/passthrough.h"
#include "hv/shm.h"
#include "hv/vmsi.h"
#include "hv/watchdog.h"

/* Binary search: the last region that starts at or below the address. */
static const struct io_region *find(const struct io_region *table, uint32_t count,
                                    const struct io_access *io)
{
    uint32_t low = 0, high = count;

    while (low < high) {
        uint32_t middle = (low + high) / 2;

        if (table[middle].base <= io->address)
            low = middle + 1;
        else
            high = middle;
    }
    if (!low || io->address - table[low - 1].base + io->bytes > table[low - 1].bytes)
        return NULL;
    return &table[low - 1];
}

static void add(const struct vm *vm, struct io_region *table, uint32_t *count,
                struct io_region region)
{
    uint32_t at = 0;

    while (at < *count && table[at].base < region.base)
        at++;
    if (*count == VM_MAX_IO_REGIONS ||
        (at && table[at - 1].base + table[at - 1].bytes > region.base) ||
        (at < *count && region.base + region.bytes > table[at].base))
        hv_panic("[%s] no room for an emulated device at %lx, %lx bytes", vm->config->name,
                 region.base, region.bytes);
    memmove(&table[at + 1], &table[at], (*count - at) * sizeof(*table));
    table[at] = region;
    ++*count;
}

void vm_add_pio(struct vm *vm, uint16_t port, uint16_t count, io_handler handler, void *device)
{
    add(vm, vm->pio, &vm->pio_count, (struct io_region){port, count, handler, device});
}

void vm_add_mmio(struct vm *vm, gpa_t base, uint64_t bytes, io_handler handler, void *device)
{
    add(vm, vm->mmio, &vm->mmio_count, (struct io_region){base, bytes, handler, device});
}

/* Who owns the address answers; else the device model, if this VM has one (BN_EBUSY: later); else
 * the bus floats. */
static enum bn_status perform(struct vcpu *vcpu, struct io_access *io)
{
    struct vm *vm = vcpu->vm;
    const struct io_region *r =
        io->mmio ? find(vm->mmio, vm->mmio_count, io) : find(vm->pio, vm->pio_count, io);

    io->vcpu = vcpu;
    if (r) {
        io->device = r->device;
        io->offset = io->address - r->base;
        r->handler(io);
    } else if (io->mmio && vm->pci && vmsi_mmio(io)) {
        return BN_OK;
    } else if (vm->config->kind != BN_VM_SERVICE && passthrough_access(io)) {
        return BN_OK;
    } else if (vm->config->kind == BN_VM_POSTLAUNCHED) {
        if (ioreq_submit(vcpu, io) == BN_EBUSY)
            return BN_EBUSY;
    } else {
        vm_log(vm, "denied: %s of %s%lx at rip %lx", io->write ? "write" : "read",
               io->mmio ? "" : "port ", io->address, vcpu->rip);
    }
    return BN_OK;
}

static void wait_for_answer(struct vcpu *vcpu, const struct vcpu_exit *exit)
{
    vcpu->io.exit = *exit;
    vcpu->pcpu->resched = true;
}

static void finish_port(struct vcpu *vcpu, const struct vcpu_exit *exit, uint64_t value)
{
    uint64_t *rax = &vcpu->regs[REG_RAX];
    uint64_t kept = exit->pio.size == 4 ? 0 : ~0ull << exit->pio.size * 8; /* 32 bits clear all */

    if (exit->pio.in)
        *rax = (*rax & kept) | ((uint32_t)value & ~kept);
    vcpu_skip_instruction(vcpu, exit);
}

/* Does what a decoded instruction wants until it is done or has to wait. */
static void run_instruction(struct vcpu *vcpu, const struct vcpu_exit *exit)
{
    struct mmio_insn *insn = &vcpu->io.insn;

    while (insn->step == INSN_READ || insn->step == INSN_WRITE) {
        bool write = insn->step == INSN_WRITE;
        struct io_access io = {
            .mmio = exit->kind == EXIT_MMIO,
            .write = write,
            .bytes = insn->bytes,
            .address = exit->kind == EXIT_MMIO ? exit->mmio.gpa : exit->pio.port,
            .value = write ? insn->value : UINT64_MAX,
        };

        if (perform(vcpu, &io) == BN_EBUSY) {
            wait_for_answer(vcpu, exit);
            return;
        }
        insn_complete(vcpu, insn, io.value);
    }
}

static void start_instruction(struct vcpu *vcpu, const struct vcpu_exit *exit)
{
    enum bn_status status = insn_start(vcpu, &vcpu->io.insn, exit);

    if (status == BN_OK) {
        run_instruction(vcpu, exit);
        return;
    }
    vm_log(vcpu->vm, "instruction at rip %lx cannot be emulated (access to %lx)", vcpu->rip,
           exit->kind == EXIT_MMIO ? exit->mmio.gpa : exit->pio.port);
    vcpu_inject_gp(vcpu);
}

void exit_pio(struct vcpu *vcpu, const struct vcpu_exit *exit)
{
    struct io_access io = {
        .write = !exit->pio.in, .bytes = exit->pio.size, .address = exit->pio.port};

    if (exit->pio.string) {
        start_instruction(vcpu, exit);
        return;
    }
    io.value = exit->pio.in ? UINT64_MAX : vcpu->regs[REG_RAX] & ((1ull << exit->pio.size * 8) - 1);
    if (perform(vcpu, &io) == BN_EBUSY)
        wait_for_answer(vcpu, exit);
    else if (vcpu->vm->state == VM_RUNNING)
        finish_port(vcpu, exit, io.value);
}

void exit_mmio(struct vcpu *vcpu, const struct vcpu_exit *exit)
{
    vcpu->look = true; /* the APIC's registers are here */
    if (shm_fault(vcpu, exit->mmio.gpa, exit->mmio.write))
        return;
    if (exit->mmio.fetch) {
        vm_log(vcpu->vm, "denied: execution at %lx", exit->mmio.gpa);
        vcpu_inject_gp(vcpu);
        return;
    }
    start_instruction(vcpu, exit);
}

void exit_io_done(struct vcpu *vcpu)
{
    struct vcpu_exit exit = vcpu->io.exit;
    uint64_t value = 0;

    if (!vcpu->io.active || ioreq_take(vcpu, &value) != BN_OK)
        return;
    if (exit.kind == EXIT_PIO && !exit.pio.string) {
        finish_port(vcpu, &exit, value);
        return;
    }
    insn_complete(vcpu, &vcpu->io.insn, value);
    run_instruction(vcpu, &exit);
}
