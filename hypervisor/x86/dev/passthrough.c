/* SPDX-License-Identifier: BSD-3-Clause */
/* What a VM sees of a function that was passed to it: configuration space and BARs. Capabilities
 * are the function's own, and read-only but for its messages. */
#include "hv/passthrough.h"
#include "hv/host.h"
#include "hv/pci.h"
#include "hv/vmsi.h"
#include "passed.h"
#include "pci_regs.h"

#define COMMAND_KEPT (PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_INTX_DISABLE)
#define ID_DWORDS    0x0Cu /* vendor to class, below this only the command is ours */
#define SUBSYSTEM    0x2Cu
#define CACHE_LINE   0x0Cu /* with latency, header type, self test */

static gpa_t bar_gpa(const struct passed *f, unsigned bar)
{
    gpa_t base = f->bar[bar] & PCI_BAR_MASK;

    return f->real[bar].wide ? base | (gpa_t)f->bar[bar + 1] << 32 : base;
}

static bool may_be_at(const struct vm *vm, gpa_t base, uint64_t bytes)
{
    return base && base + bytes > base && base + bytes <= PASSED_MAX_GPA &&
           !vm_emulates(vm, base, bytes);
}

/* With what the VM must not reach. */
static bool shares_page(const struct passed *f, unsigned bar)
{
    return (f->real[bar].base | f->real[bar].bytes) & (HV_PAGE_BYTES - 1);
}

static enum bn_status map_bar(struct vm *vm, const struct passed *f, unsigned bar, gpa_t at)
{
    uint64_t bytes, table = vmsi_table(f->bdf, bar, &bytes);
    enum bn_status status;

    if (shares_page(f, bar))
        return host_map_mmio(f->real[bar].base, f->real[bar].bytes) ? BN_OK : BN_ENOMEM;
    status =
        vm_map(vm, at, f->real[bar].base, f->real[bar].bytes, MAP_READ | MAP_WRITE | MAP_DEVICE);
    return status == BN_OK && bytes ? vm_unmap(vm, at + table, bytes) : status;
}

/* BARs are where the VM put them, while it has decoding on. */
void passed_follow(struct vm *vm, struct passed *f)
{
    for (unsigned bar = 0; bar < VPCI_BARS; bar++) {
        uint64_t bytes = f->real[bar].bytes;
        gpa_t at = bytes && f->command & PCI_COMMAND_MEMORY ? bar_gpa(f, bar) : 0;

        if (!bytes || at == f->mapped[bar])
            continue;
        /* Out of tables: it stays where it was, or nowhere. */
        if (f->mapped[bar] && !shares_page(f, bar) && vm_unmap(vm, f->mapped[bar], bytes) != BN_OK)
            continue;
        f->mapped[bar] = 0;
        if (!may_be_at(vm, at, bytes))
            continue;
        if (map_bar(vm, f, bar, at) == BN_OK)
            f->mapped[bar] = at;
        else
            vm_log(vm, "PCI %02x:%02x.%x: no memory to map BAR %u", PCI_NAME(f->bdf), bar);
    }
}

static uint32_t read_dword(const struct passed *f, unsigned at)
{
    uint32_t value = pci_read(f->bdf, at, 4);

    if (at >= PCI_BAR0 && at < PCI_BAR0 + 4 * VPCI_BARS)
        return f->bar[(at - PCI_BAR0) / 4];
    if (at == PCI_COMMAND)
        return (value & ~0xFFFFu) | f->command;
    if (at == CACHE_LINE)
        return value & ~(uint32_t)(PCI_HEADER_TYPE_MFD << 16);
    if (at < ID_DWORDS || at == SUBSYSTEM || at == PCI_CAPABILITY_LIST ||
        at >= PCI_STD_HEADER_SIZEOF)
        return value;
    return 0; /* no ROM, no line */
}

static void write_dword(struct vm *vm, struct passed *f, unsigned at, uint32_t value)
{
    if (at >= PCI_BAR0 && at < PCI_BAR0 + 4 * VPCI_BARS) {
        unsigned bar = (at - PCI_BAR0) / 4;

        f->bar[bar] = (value & f->writable[bar]) | (f->bar[bar] & ~f->writable[bar]);
    } else if (at == PCI_COMMAND) {
        f->command = value & COMMAND_KEPT;
        passed_command(f);
    }
    passed_follow(vm, f);
}

static void config_access(struct vm *vm, struct passed *f, unsigned offset, struct io_access *io)
{
    uint32_t value = (uint32_t)io->value;

    if (offset & (io->bytes - 1u))
        return;
    if (!vmsi_config(f->bdf, offset, io->bytes, io->write, &value)) {
        uint32_t dword = read_dword(f, offset & ~3u);

        if (io->write)
            write_dword(vm, f, offset & ~3u, pci_merge(dword, offset, io->bytes, value));
        value = dword >> 8 * (offset & 3);
    }
    if (!io->write)
        io->value = value;
}

/* The address port goes on to the device model, where there is one: other functions are its. */
static bool port_access(struct passed_vm *owner, struct io_access *io)
{
    bool alone = io->vcpu->vm->config->kind == BN_VM_PRELAUNCHED;
    struct passed *f;

    if (io->address == PCI_ADDRESS_PORT && io->bytes == 4) {
        if (io->write)
            owner->address = (uint32_t)io->value;
        else
            io->value = owner->address;
        return alone;
    }
    if (io->address < PCI_DATA_PORT || io->address + io->bytes > PCI_DATA_PORT + 4 ||
        !(owner->address & PCI_ADDRESS_ENABLE))
        return false;
    f = passed_at(io->vcpu->vm, (uint16_t)(owner->address >> 8));
    if (f)
        config_access(io->vcpu->vm, f,
                      (owner->address & 0xFC) + (unsigned)(io->address - PCI_DATA_PORT), io);
    return f || alone;
}

/* What is not mapped of a BAR: the pages of its MSI-X table, or all of one that has no page of its
 * own. */
static bool memory_access(struct passed_vm *owner, struct io_access *io)
{
    for (unsigned i = 0; i < PASSED_MAX; i++)
        for (unsigned bar = 0; bar < VPCI_BARS; bar++) {
            const struct passed *f = &owner->function[i];
            uint64_t offset = io->address - f->mapped[bar], bytes,
                     table = vmsi_table(f->bdf, bar, &bytes);

            if (!f->used || !f->mapped[bar] || offset >= f->real[bar].bytes ||
                io->bytes > f->real[bar].bytes - offset)
                continue;
            if (offset - table < bytes)
                vmsi_table_access(f->bdf, offset, io);
            else
                vmsi_beside_table(f->real[bar].base + offset, io);
            return true;
        }
    return false;
}

bool passthrough_access(struct io_access *io)
{
    struct passed_vm *owner = passed_of(io->vcpu->vm);
    bool done;

    if (!owner->count)
        return false;
    spin_lock(&owner->lock);
    done = io->mmio ? memory_access(owner, io) : port_access(owner, io);
    spin_unlock(&owner->lock);
    return done;
}
