/* SPDX-License-Identifier: BSD-3-Clause */
/* MSI and MSI-X of the machine's functions, as their VMs see them (PCI 3.0 §6.8). */
#include "hv/vmsi.h"
#include "hv/host.h"
#include "hv/hw.h"
#include "hv/pci.h"
#include "pci_regs.h"
#include "vmsi_route.h"

#define MAX_FUNCTIONS 64u
#define ENTRY_BYTES   16u
/* In the upper word of a capability's first dword. */
#define MSI_ENABLE   (1u << 16)
#define MSI_SEVERAL  (0x7Eu << 16) /* one message is what a VM is offered */
#define MSI_WIDE     (1u << 23)
#define MSI_MASKABLE (1u << 24)
#define MSIX_LAST    (0x7FFu << 16) /* number of entries, less one */
#define MSIX_ALL     (1u << 30)     /* masked */
#define MSIX_ENABLE  (1u << 31)

static struct function {
    uint16_t bdf;
    uint8_t msi, msix; /* capabilities; 0: none */
    uint8_t msi_bytes;
    bool wide, maskable;
    uint8_t bar; /* that has the table */
    uint32_t offset, entries;
    uint32_t handle; /* the MSI's; the table's follow */
    struct vm *vm;
    bool msi_on, msix_on;
    struct vmsi_message single, *table;
    hpa_t page; /* taken out of the service VM's memory; 0 bytes: nothing */
    uint64_t bytes;
} functions[MAX_FUNCTIONS];
static uint32_t function_count;
static struct spinlock lock;

static struct function *find(uint16_t bdf)
{
    for (uint32_t i = 0; i < function_count; i++)
        if (functions[i].bdf == bdf)
            return &functions[i];
    return NULL;
}

static enum bn_status find_table(struct function *f)
{
    uint32_t where = pci_read(f->bdf, f->msix + 4, 4);
    uint32_t entries = ((pci_read(f->bdf, f->msix, 4) & MSIX_LAST) >> 16) + 1;
    hpa_t memory = pages_alloc(page_up(entries * sizeof(*f->table)) / HV_PAGE_BYTES);

    if (!memory || (where & 7) >= VPCI_BARS)
        return BN_ENOMEM;
    f->bar = where & 7;
    f->offset = where & ~7u;
    f->entries = entries;
    f->table = hpa_to_ptr(memory);
    return BN_OK;
}

static void note(uint16_t bdf, void *context)
{
    struct function *f = &functions[function_count];
    uint8_t msi = (uint8_t)pci_capability(bdf, PCI_CAP_ID_MSI, 0);
    uint8_t msix = (uint8_t)pci_capability(bdf, PCI_CAP_ID_MSIX, 0);
    uint32_t control;

    (void)context;
    if ((!msi && !msix) || pci_read(bdf, PCI_CLASS_DEVICE, 2) == PCI_CLASS_IOMMU)
        return; /* an IOMMU's messages are ours */
    if (function_count == MAX_FUNCTIONS) {
        hv_log("PCI %02x:%02x.%x: one function too many with messages", PCI_NAME(bdf));
        return;
    }
    control = msi ? pci_read(bdf, msi, 4) : 0;
    *f = (struct function){.bdf = bdf,
                           .msi = msi,
                           .msix = msix,
                           .wide = control & MSI_WIDE,
                           .maskable = control & MSI_MASKABLE};
    f->msi_bytes = (uint8_t)(12 + (f->wide ? 4 : 0) + (f->maskable ? 8 : 0));
    if (msix && find_table(f) != BN_OK)
        hv_panic("no memory for the messages of PCI %02x:%02x.%x", PCI_NAME(bdf));
    if (iommu_irq_alloc(bdf, 1 + f->entries, &f->handle) == BN_OK)
        function_count++;
    else /* whatever it sends is blocked */
        hv_log("PCI %02x:%02x.%x: the IOMMU has no entries for %u messages", PCI_NAME(bdf),
               1 + f->entries);
}

void vmsi_init(void)
{
    function_count = 0;
    pci_each(note, NULL);
}

/* ---- What reaches the function. */

static void set_control(const struct function *f, unsigned capability, uint32_t off, uint32_t on)
{
    pci_change(f->bdf, capability + 2, 2, off >> 16, on >> 16);
}

/* Address of the table; 0: it cannot be reached now. */
static hpa_t table_at(const struct function *f)
{
    unsigned at = PCI_BAR0 + 4u * f->bar;
    uint32_t low = pci_read(f->bdf, at, 4);
    hpa_t base = low & PCI_BAR_MASK;

    if (!(pci_read(f->bdf, PCI_COMMAND, 2) & PCI_COMMAND_MEMORY) || low & PCI_BAR_IO)
        return 0;
    if ((low & PCI_BAR_TYPE) == PCI_BAR_64 && f->bar + 1u < VPCI_BARS)
        base |= (hpa_t)pci_read(f->bdf, at + 4, 4) << 32;
    if (!base || !host_map_mmio(base + f->offset, f->entries * ENTRY_BYTES))
        return 0;
    return base + f->offset;
}

static void put_entry(struct function *f, hpa_t table, uint32_t i)
{
    struct vmsi_message *m = &f->table[i];
    hpa_t at = table + i * ENTRY_BYTES;
    struct msi_message out;

    hw_mmio_write(at + 12, 4, VMSI_MASKED);
    if (m->word[3] & VMSI_MASKED || !vmsi_route(f->vm, f->bdf, f->handle + 1 + i, m, &out))
        return;
    hw_mmio_write(at, 4, (uint32_t)out.address);
    hw_mmio_write(at + 4, 4, (uint32_t)(out.address >> 32));
    hw_mmio_write(at + 8, 4, out.data);
    hw_mmio_write(at + 12, 4, 0);
}

static void put_single(struct function *f)
{
    unsigned data = f->msi + (f->wide ? 12u : 8u);
    struct msi_message out;

    if (!f->msi_on || !vmsi_route(f->vm, f->bdf, f->handle, &f->single, &out)) {
        set_control(f, f->msi, MSI_ENABLE | MSI_SEVERAL, 0);
        return;
    }
    pci_write(f->bdf, f->msi + 4, 4, (uint32_t)out.address);
    if (f->wide)
        pci_write(f->bdf, f->msi + 8, 4, (uint32_t)(out.address >> 32));
    pci_write(f->bdf, data, 2, out.data);
    if (f->maskable)
        pci_write(f->bdf, data + 4, 4, f->single.word[3]);
    set_control(f, f->msi, MSI_SEVERAL, MSI_ENABLE);
}

/* Every entry is ours before the function may use one. */
static void switch_table(struct function *f, uint32_t wanted)
{
    hpa_t table = table_at(f);

    if (wanted & MSIX_ENABLE && !f->msix_on && !table) {
        vm_log(f->vm, "PCI %02x:%02x.%x: MSI-X without its table is not enabled", PCI_NAME(f->bdf));
        return;
    }
    for (uint32_t i = 0; wanted & MSIX_ENABLE && !f->msix_on && i < f->entries; i++)
        put_entry(f, table, i);
    f->msix_on = wanted & MSIX_ENABLE;
    set_control(f, f->msix, MSIX_ENABLE | MSIX_ALL, wanted & (MSIX_ENABLE | MSIX_ALL));
}

/* ---- What the VM sees. */

/* Which of the message's words lies at 4 and above; 4: none, the pending bits. */
static unsigned word_at(const struct function *f, unsigned at)
{
    return at / 4 - 1 + (!f->wide && at > 4);
}

static uint32_t msi_read(const struct function *f, unsigned at)
{
    uint32_t hardware = pci_read(f->bdf, f->msi + at, 4);

    if (at == 0)
        return (hardware & ~(MSI_ENABLE | MSI_SEVERAL)) | (f->msi_on ? MSI_ENABLE : 0);
    return word_at(f, at) < 4 ? f->single.word[word_at(f, at)] : hardware;
}

static void msi_write(struct function *f, unsigned at, uint32_t value)
{
    static const uint32_t kept[] = {~3u, ~0u, 0xFFFF, VMSI_MASKED};

    if (at == 0)
        f->msi_on = value & MSI_ENABLE;
    else if (word_at(f, at) < 4)
        f->single.word[word_at(f, at)] = value & kept[word_at(f, at)];
    put_single(f);
}

static uint32_t msix_read(const struct function *f, unsigned at)
{
    uint32_t hardware = pci_read(f->bdf, f->msix + at, 4);

    return at ? hardware : (hardware & ~MSIX_ENABLE) | (f->msix_on ? MSIX_ENABLE : 0);
}

bool vmsi_config(uint16_t bdf, unsigned offset, unsigned bytes, bool write, uint32_t *value)
{
    struct function *f = find(bdf);
    unsigned msi = f ? (offset & ~3u) - f->msi : 0, msix = f ? (offset & ~3u) - f->msix : 0;
    bool in_msi = f && f->msi && msi < f->msi_bytes;
    uint32_t dword;

    if (!in_msi && !(f && f->msix && msix < 12))
        return false;
    spin_lock(&lock);
    dword = in_msi ? msi_read(f, msi) : msix_read(f, msix);
    if (!write)
        *value = dword >> 8 * (offset & 3);
    else if (in_msi)
        msi_write(f, msi, pci_merge(dword, offset, bytes, *value));
    else if (msix == 0)
        switch_table(f, pci_merge(dword, offset, bytes, *value));
    spin_unlock(&lock);
    return true;
}

uint64_t vmsi_table(uint16_t bdf, unsigned bar, uint64_t *bytes)
{
    const struct function *f = find(bdf);
    uint64_t from;

    *bytes = 0;
    if (!f || !f->entries || f->bar != bar)
        return 0;
    from = page_down(f->offset);
    *bytes = page_up(f->offset + f->entries * ENTRY_BYTES) - from;
    return from;
}

void vmsi_beside_table(hpa_t at, struct io_access *io)
{
    for (unsigned done = 0; done < io->bytes; done += 4) {
        unsigned bytes = io->bytes < 4 ? io->bytes : 4;

        if (io->write)
            hw_mmio_write(at + done, bytes, (uint32_t)(io->value >> 8 * done));
        else if (!done)
            io->value = hw_mmio_read(at, bytes);
        else
            io->value |= (uint64_t)hw_mmio_read(at + done, bytes) << 32;
    }
}

/* Only whole dwords, one or two (§6.8.3.2). */
static void in_table(struct function *f, hpa_t table, uint32_t at, struct io_access *io)
{
    uint32_t *word = &f->table[at / ENTRY_BYTES].word[at / 4 % 4];

    if (io->bytes < 4)
        return;
    if (!io->write) {
        io->value = io->bytes == 8 ? (uint64_t)word[1] << 32 | word[0] : word[0];
        return;
    }
    word[0] = (uint32_t)io->value;
    if (io->bytes == 8)
        word[1] = (uint32_t)(io->value >> 32);
    if (f->msix_on && table)
        put_entry(f, table, at / ENTRY_BYTES);
}

void vmsi_table_access(uint16_t bdf, uint64_t offset, struct io_access *io)
{
    struct function *f = find(bdf);
    uint64_t at = f ? offset - f->offset : 0;
    hpa_t table;

    if (!f || offset & (io->bytes - 1u))
        return;
    spin_lock(&lock);
    table = table_at(f);
    if (at < f->entries * ENTRY_BYTES)
        in_table(f, table, (uint32_t)at, io);
    else if (table)
        vmsi_beside_table(table + at, io);
    spin_unlock(&lock);
}

/* ---- Owners. */

void vmsi_own(uint16_t bdf, struct vm *vm)
{
    struct function *f = find(bdf);

    if (!f)
        return;
    spin_lock(&lock);
    if (f->msi)
        set_control(f, f->msi, MSI_ENABLE, 0);
    if (f->msix)
        set_control(f, f->msix, MSIX_ENABLE, 0);
    f->msi_on = f->msix_on = false;
    vmsi_forget(bdf, f->handle, &f->single);
    f->single.word[3] = 0;
    for (uint32_t i = 0; i < f->entries; i++)
        vmsi_forget(bdf, f->handle + 1 + i, &f->table[i]);
    f->vm = vm;
    spin_unlock(&lock);
}

/* Out of the service VM's memory with it; where it was before becomes ordinary again. */
static enum bn_status follow(struct function *f)
{
    struct vm *service = vm_service();
    hpa_t table = f->vm == service && f->entries ? table_at(f) : 0;
    uint64_t bytes = table ? page_up(table + f->entries * ENTRY_BYTES) - page_down(table) : 0;
    enum bn_status status = BN_OK;

    if (page_down(table) == f->page && bytes == f->bytes)
        return BN_OK;
    if (f->bytes)
        status = vm_map(service, f->page, f->page, f->bytes,
                        MAP_READ | MAP_WRITE | MAP_EXEC | MAP_DEVICE);
    f->page = page_down(table);
    f->bytes = bytes;
    for (uint32_t i = 0; i < function_count && status == BN_OK; i++)
        if (functions[i].bytes)
            status = vm_unmap(service, functions[i].page, functions[i].bytes);
    return status;
}

enum bn_status vmsi_follow(uint16_t bdf)
{
    struct function *f = find(bdf);
    enum bn_status status;

    spin_lock(&lock);
    status = f ? follow(f) : BN_OK;
    spin_unlock(&lock);
    return status;
}

enum bn_status vmsi_start_service(struct vm *service)
{
    enum bn_status status = BN_OK;

    for (uint32_t i = 0; i < function_count && status == BN_OK; i++) {
        functions[i].bytes = 0; /* its memory is new */
        if (!vpci_hidden(service->pci, functions[i].bdf))
            vmsi_own(functions[i].bdf, service);
    }
    for (uint32_t i = 0; i < function_count && status == BN_OK; i++)
        status = vmsi_follow(functions[i].bdf);
    return status;
}

bool vmsi_mmio(struct io_access *io)
{
    for (uint32_t i = 0; i < function_count; i++) {
        const struct function *f = &functions[i];
        uint64_t page_offset = io->address - f->page;

        if (page_offset >= f->bytes || f->vm != io->vcpu->vm)
            continue;
        vmsi_table_access(f->bdf, page_down(f->offset) + page_offset, io);
        return true;
    }
    return false;
}
