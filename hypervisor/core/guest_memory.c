/* SPDX-License-Identifier: BSD-3-Clause */
/* The only way from the hypervisor into a guest's memory: every page checked, never a device's. */
#include "hv/arch.h"
#include "hv/host.h"
#include "hv/vm.h"

#define PAGE_OFFSET(a) ((a) & (HV_PAGE_BYTES - 1))
#define PTE_PRESENT    1u
#define PTE_WRITE      2u
#define PTE_USER       4u
#define PTE_LARGE      0x80u

static size_t up_to_page_end(uint64_t address, size_t bytes)
{
    size_t left = HV_PAGE_BYTES - PAGE_OFFSET(address);

    return bytes < left ? bytes : left;
}

/* Memory lock held. Where the byte at `gpa` is, if the VM may do `needed` there and it is memory.
 */
static void *translate(struct vm *vm, gpa_t gpa, uint32_t needed)
{
    uint64_t contiguous;
    uint32_t rights;
    hpa_t hpa;

    if (!vm->memory.root || paging_lookup(&vm->memory, gpa, &hpa, &rights, &contiguous) != BN_OK ||
        (rights & needed) != needed || !host_is_memory_run(hpa, &contiguous))
        return NULL;
    return hpa_to_ptr(hpa);
}

static enum bn_status copy(struct vm *vm, gpa_t gpa, uint8_t *host, size_t bytes, bool write)
{
    uint32_t needed = write ? MAP_READ | MAP_WRITE : MAP_READ;
    enum bn_status status = BN_OK;

    if (gpa + bytes < gpa)
        return BN_EFAULT;
    spin_lock(&vm->memory_lock);
    for (unsigned pass = 0; pass < 2; pass++) /* all is looked at before anything is copied */
        for (size_t done = 0, chunk; done < bytes && status == BN_OK; done += chunk) {
            uint8_t *guest = translate(vm, gpa + done, needed);

            chunk = up_to_page_end(gpa + done, bytes - done);
            if (!guest)
                status = BN_EFAULT;
            else if (pass)
                memcpy(write ? guest : host + done, write ? host + done : guest, chunk);
        }
    spin_unlock(&vm->memory_lock);
    return status;
}

enum bn_status gpa_read(struct vm *vm, gpa_t gpa, void *to, size_t bytes)
{
    return copy(vm, gpa, to, bytes, false);
}

enum bn_status gpa_write(struct vm *vm, gpa_t gpa, const void *from, size_t bytes)
{
    return copy(vm, gpa, (uint8_t *)(uintptr_t)from, bytes, true);
}

struct guest_walk {  /* which tables a vCPU uses now */
    unsigned levels; /* 0: no paging */
    unsigned entry_bytes, bits;
    gpa_t root;
    bool user, check_write;
};

static struct guest_walk walk_of(struct vcpu *vcpu, bool write)
{
    uint64_t cr0 = vendor->get_cr(vcpu, 0), cr3 = vendor->get_cr(vcpu, 3),
             cr4 = vendor->get_cr(vcpu, 4), efer = 0;
    struct guest_walk w = {0};
    struct segment_state ss;

    if (!(cr0 & X86_CR0_PG))
        return w;
    vendor->get_segment(vcpu, SEG_SS, &ss);
    (void)vendor->get_msr(vcpu, MSR_EFER, &efer);
    w.user = (ss.access >> 5 & 3) == 3;
    w.check_write = write && (w.user || cr0 & X86_CR0_WP);
    w.entry_bytes = cr4 & X86_CR4_PAE ? 8 : 4;
    w.bits = cr4 & X86_CR4_PAE ? 9 : 10;
    w.levels = efer & EFER_LMA ? 4 : cr4 & X86_CR4_PAE ? 3 : 2;
    w.root = w.levels == 4   ? cr3 & PAGING_FRAME
             : w.levels == 3 ? cr3 & 0xFFFFFFE0
                             : cr3 & 0xFFFFF000;
    return w;
}

/* SDM 3 §5.3-5.5: paging of a guest, without setting accessed and dirty bits. */
static enum bn_status walk(struct vcpu *vcpu, const struct guest_walk *w, gva_t gva, gpa_t *gpa)
{
    gpa_t table = w->root;

    for (unsigned level = w->levels; level--;) {
        unsigned shift = 12 + w->bits * level;
        uint64_t index = gva >> shift & ((1u << w->bits) - 1), entry = 0;
        bool top_of_pae = w->levels == 3 && level == 2;

        if (gpa_read(vcpu->vm, table + index * w->entry_bytes, &entry, w->entry_bytes) != BN_OK)
            return BN_EFAULT;
        if (!(entry & PTE_PRESENT) || (!top_of_pae && ((w->user && !(entry & PTE_USER)) ||
                                                       (w->check_write && !(entry & PTE_WRITE)))))
            return BN_EFAULT;
        if (level == 0 || (!top_of_pae && level < 3 && entry & PTE_LARGE)) {
            uint64_t offset = (1ull << shift) - 1;

            *gpa = (entry & PAGING_FRAME & ~offset) | (gva & offset);
            return BN_OK;
        }
        table = entry & PAGING_FRAME;
    }
    return BN_EFAULT;
}

static enum bn_status copy_linear(struct vcpu *vcpu, gva_t gva, uint8_t *host, size_t bytes,
                                  bool write)
{
    struct guest_walk w = walk_of(vcpu, write);

    while (bytes) {
        size_t chunk = up_to_page_end(gva, bytes);
        gpa_t gpa = w.levels == 4 ? gva : (uint32_t)gva;

        if (w.levels && walk(vcpu, &w, gpa, &gpa) != BN_OK)
            return BN_EFAULT;
        if (copy(vcpu->vm, gpa, host, chunk, write) != BN_OK)
            return BN_EFAULT;
        gva += chunk;
        host += chunk;
        bytes -= chunk;
    }
    return BN_OK;
}

enum bn_status gva_read(struct vcpu *vcpu, gva_t gva, void *to, size_t bytes)
{
    return copy_linear(vcpu, gva, to, bytes, false);
}

enum bn_status gva_write(struct vcpu *vcpu, gva_t gva, const void *from, size_t bytes)
{
    return copy_linear(vcpu, gva, (uint8_t *)(uintptr_t)from, bytes, true);
}
