/* SPDX-License-Identifier: BSD-3-Clause */
/* The VMX of vmx_fake.h. Field encodings are those of SDM 3 appendix B, written here again. */
#include "vmx_fake.h"

#include <stdlib.h>

#include "hv/watchdog.h"
#include "vmx/vmcs.h"

#define ENCODINGS         0x7000u
#define VMCSS             16u
#define NOBODY            FAKE_CPUS
#define ALLOWED(msr, bit) (*fake_msr(msr) >> (32 + (bit)) & 1)

struct vmcs {
    hpa_t at;
    unsigned active; /* CPU */
    bool launched;
    uint64_t value[ENCODINGS];
    bool written[ENCODINGS];
};

struct fake_exit fake_exit;
struct fake_entries fake_entries;
char vmx_exited[1];
static struct vmcs vmcss[VMCSS], *current[FAKE_CPUS];
static struct vcpu *loaded[FAKE_CPUS];
static bool on[FAKE_CPUS];

unsigned vmx_enter(uint64_t *registers, bool launched);

/* What every processor has, in the order of the appendix: the end of each block of fields that
 * follow each other in steps of two. */
static const struct {
    uint16_t first, last;
} blocks[] = {
    {0x0800, 0x080E}, /* guest selectors */
    {0x0C00, 0x0C0C}, /* host selectors */
    {0x2000, 0x2004}, /* bitmaps */
    {0x2006, 0x200A}, /* MSR areas */
    {0x2800, 0x2806}, /* link, DEBUGCTL, PAT, EFER */
    {0x2C00, 0x2C02}, /* host PAT, EFER */
    {0x4000, 0x401A}, /* controls */
    {0x4800, 0x482A}, /* guest limits, access rights, states */
    {0x4C00, 0x4C00}, /* host SYSENTER_CS */
    {0x6000, 0x6006}, /* masks and shadows of CR0 and CR4 */
    {0x6800, 0x6826}, /* guest */
    {0x6C00, 0x6C16}, /* host */
    {0x4400, 0x440E}, /* exit information, read-only */
    {0x6400, 0x640A},
};

/* Processor-based controls: 482h, secondary ones 48Bh. */
static bool exists(uint32_t field)
{
    for (size_t i = 0; i < HV_ARRAY_SIZE(blocks); i++)
        if (field >= blocks[i].first && field <= blocks[i].last && !(field & 1))
            return true;
    if (field == 0x2012 || field == 0x401C)
        return ALLOWED(0x482, 21);
    if (field == 0x401E)
        return ALLOWED(0x482, 31);
    if (field == 0x201A || field == 0x2400 || (field >= 0x280A && field <= 0x2810 && !(field & 1)))
        return ALLOWED(0x48B, 1);
    if (field == 0x0002 || field == 0x2016)
        return ALLOWED(0x481, 7);
    if (field == 0x4020 || field == 0x4022)
        return ALLOWED(0x48B, 10);
    if (field == 0x0810 || (field >= 0x201C && field <= 0x2022 && !(field & 1)))
        return ALLOWED(0x48B, 9);
    if (field == 0x202C)
        return ALLOWED(0x48B, 20);
    return field == 0 && ALLOWED(0x48B, 5);
}

static struct vmcs *find(hpa_t at)
{
    for (unsigned i = 0; i < VMCSS; i++) {
        if (!vmcss[i].at) {
            vmcss[i].at = at;
            vmcss[i].active = NOBODY;
        }
        if (vmcss[i].at == at)
            return &vmcss[i];
    }
    abort();
}

static struct vmcs *here(void)
{
    struct vmcs *v = current[this_pcpu()->id];

    if (!on[this_pcpu()->id])
        fail_msg("#UD: VMX operation is off");
    return v;
}

static void set(struct vmcs *v, uint32_t field, uint64_t value)
{
    v->value[field] = value;
    v->written[field] = true;
}

uint64_t fake_field(const struct vcpu *vcpu, uint32_t field)
{
    const struct vmcs *v = find(vmx_of(vcpu)->vmcs);

    assert_true(v->written[field]);
    return v->value[field];
}

void fake_set_field(const struct vcpu *vcpu, uint32_t field, uint64_t value)
{
    set(find(vmx_of(vcpu)->vmcs), field, value);
}

/* ---- instructions ---- */
static void check_region(hpa_t region)
{
    assert_int_equal(region % HV_PAGE_BYTES, 0);
    assert_int_equal(*(uint32_t *)hpa_to_ptr(region), *fake_msr(0x480) & 0x7FFFFFFF);
}

bool vmxon(hpa_t region)
{
    uint64_t cr0 = fake.cr0, cr4 = fake.cr4;

    check_region(region);
    if ((*fake_msr(0x3A) & 5) != 5)
        fail_msg("#GP: VMXON while FEATURE_CONTROL forbids it");
    assert_int_equal(cr0 & *fake_msr(0x486), *fake_msr(0x486));
    assert_int_equal(cr0 & ~*fake_msr(0x487), 0);
    assert_int_equal(cr4 & *fake_msr(0x488), *fake_msr(0x488));
    assert_int_equal(cr4 & ~*fake_msr(0x489), 0);
    on[this_pcpu()->id] = true;
    return true;
}

bool vmclear(hpa_t vmcs)
{
    struct vmcs *v = find(vmcs);

    here();
    check_region(vmcs);
    if (v->active != NOBODY && v->active != this_pcpu()->id)
        fail_msg("VMCLEAR of a VMCS that is active on CPU %u", v->active);
    v->active = NOBODY;
    v->launched = false;
    if (current[this_pcpu()->id] == v)
        current[this_pcpu()->id] = NULL;
    return true;
}

bool vmptrld(hpa_t vmcs)
{
    struct vmcs *v = find(vmcs);

    here();
    check_region(vmcs);
    if (v->active != NOBODY && v->active != this_pcpu()->id)
        fail_msg("VMPTRLD of a VMCS that is active on CPU %u", v->active);
    v->active = this_pcpu()->id;
    current[this_pcpu()->id] = v;
    return true;
}

uint64_t vmread(uint32_t field)
{
    struct vmcs *v = here();

    if (!v)
        fail_msg("VMREAD of %x without a current VMCS", field);
    if (!exists(field))
        fail_msg("VMREAD of %x, which this processor has not", field);
    if (!v->written[field])
        fail_msg("VMREAD of %x, which nobody wrote", field);
    return v->value[field];
}

bool vmwrite(uint32_t field, uint64_t value)
{
    struct vmcs *v = here();

    if (!v || !exists(field) || (field >> 10 & 3) == 1)
        return false;
    set(v, field, value);
    return true;
}

void invept(unsigned long kind, uint64_t pointer)
{
    assert_true(kind == 1 || kind == 2);
    assert_true(*fake_msr(0x48C) >> (24 + kind) & 1);
    fake_entries.flushes++;
    fake_entries.flush_kind = kind;
    fake_entries.flush_pointer = pointer;
}

/* ---- VM entry: SDM 3 §27.2 and §27.3 ---- */
static uint64_t needed(uint32_t field)
{
    if (!here()->written[field])
        fail_msg("VM entry: the processor reads field %x, which nobody wrote", field);
    return here()->value[field];
}

static void check_allowed(uint32_t field, uint32_t msr)
{
    uint64_t allowed = *fake_msr(msr);

    assert_int_equal(needed(field) & (uint32_t)allowed, (uint32_t)allowed);
    assert_int_equal(needed(field) & ~(allowed >> 32), 0);
}

/* Virtual-interrupt delivery and posted interrupts, and what x2APIC mode needs (SDM 3 §27.2.1.1).
 */
static void check_delivery(uint32_t processor, uint32_t processor2)
{
    uint32_t pin = (uint32_t)needed(0x4000);

    if (processor2 & (1u << 4 | 1u << 8 | 1u << 9)) {
        assert_true(processor >> 21 & 1);
        assert_int_equal(needed(0x2012) % HV_PAGE_BYTES, 0);
    }
    if (processor2 >> 9 & 1) {
        assert_true(pin & 1);
        needed(0x0810);
        for (uint32_t field = 0x201C; field <= 0x2022; field += 2)
            needed(field);
    }
    if (processor2 >> 20 & 1)
        needed(0x202C);
    if (processor2 >> 10 & 1)
        assert_true(needed(0x4020) < needed(0x4022));
    if (pin >> 7 & 1) {
        assert_true(processor2 >> 9 & 1);
        assert_true(needed(0x400C) >> 15 & 1);
        assert_true(needed(0x0002) < 256);
        assert_int_equal(needed(0x2016) % 64, 0);
    }
}

static void check_controls(void)
{
    bool true_ones = *fake_msr(0x480) >> 55 & 1;
    uint32_t processor, processor2 = 0;

    check_allowed(0x4000, true_ones ? 0x48D : 0x481);
    check_allowed(0x4002, true_ones ? 0x48E : 0x482);
    check_allowed(0x400C, true_ones ? 0x48F : 0x483);
    check_allowed(0x4012, true_ones ? 0x490 : 0x484);
    processor = (uint32_t)needed(0x4002);
    if (processor >> 31) {
        check_allowed(0x401E, 0x48B);
        processor2 = (uint32_t)needed(0x401E);
    }
    for (uint32_t field = 0x4004; field <= 0x4008; field += 2)
        needed(field);
    assert_int_equal(needed(0x400A), 0); /* no CR3 targets, no MSR areas */
    assert_int_equal(needed(0x400E) | needed(0x4010) | needed(0x4014), 0);
    if (processor >> 25 & 1)
        assert_int_equal((needed(0x2000) | needed(0x2002)) % HV_PAGE_BYTES, 0);
    if (processor >> 28 & 1)
        assert_int_equal(needed(0x2004) % HV_PAGE_BYTES, 0);
    check_delivery(processor, processor2);
    if (processor >> 21 & 1 && !(processor2 >> 9 & 1)) { /* TPR is at or above the threshold */
        const uint8_t *page = hpa_to_ptr(needed(0x2012));

        assert_true((needed(0x401C) & 0xF) <= page[0x80] >> 4u);
    }
    if (processor2 >> 1 & 1)
        assert_int_equal(needed(0x201A) & 0xFFF, 0x1E);
    if (processor2 >> 5 & 1)
        assert_int_not_equal(needed(0), 0);
    if (needed(0x4000) >> 5 & 1)
        assert_true(needed(0x4000) >> 3 & 1); /* virtual NMIs need NMI exiting */
    if (processor2 >> 7 & 1)
        assert_true(processor2 >> 1 & 1); /* unrestricted guest needs EPT */
}

static void check_host(void)
{
    for (uint32_t field = 0x0C00; field <= 0x0C0C; field += 2)
        assert_int_equal(needed(field) & 7, 0);
    assert_int_not_equal(needed(0x0C02), 0);
    assert_int_not_equal(needed(0x0C0C), 0);
    for (uint32_t field = 0x6C00; field <= 0x6C12; field += 2)
        needed(field);
    assert_int_equal(needed(0x6C04) & *fake_msr(0x488), *fake_msr(0x488));
    assert_int_equal(needed(0x6C16), (uint64_t)vmx_exited);
    needed(0x4C00);
    assert_true(needed(0x400C) >> 9 & 1); /* 64-bit host */
    if (needed(0x400C) >> 19 & 1)
        needed(0x2C00);
    if (needed(0x400C) >> 21 & 1)
        assert_int_equal(needed(0x2C02) & 0x500, 0x500);
}

static void check_event(void)
{
    uint32_t event = (uint32_t)needed(0x4016), type = event >> 8 & 7, vector = event & 0xFF;

    if (!(event >> 31))
        return;
    assert_int_equal(event & 0x7FFFF000, 0);
    assert_true(type == 0 || type == 2 || type == 3);
    if (type == 2)
        assert_int_equal(vector, 2);
    if (type == 3) {
        bool pushes = vector == 8 || (vector >= 10 && vector <= 14) || vector == 17;

        assert_true(vector < 32);
        assert_int_equal(event >> 11 & 1, pushes && needed(0x6800) & 1); /* PE */
    }
    if (type == 0) {
        assert_true(needed(0x6820) & 0x200);
        assert_int_equal(needed(0x4824) & 3, 0);
    }
    if (event & 0x800)
        assert_int_equal(needed(0x4018) & 0xFFFF0000, 0);
}

static void check_guest(void)
{
    bool long_mode = needed(0x4012) >> 9 & 1, paging = needed(0x6800) >> 31;

    assert_int_equal(needed(0x6800) & 0x20, 0x20); /* NE; PE and PG are the guest's own here */
    assert_int_equal(needed(0x6804) & *fake_msr(0x488), *fake_msr(0x488));
    assert_int_equal(needed(0x2806) >> 10 & 1, long_mode);
    if (long_mode)
        assert_true(paging && needed(0x6804) & 0x20);
    else if (paging && needed(0x6804) & 0x20)
        for (uint32_t field = 0x280A; field <= 0x2810; field += 2)
            needed(field);
    for (uint32_t s = 0; s < 16; s += 2) {
        uint64_t access = needed(0x4814 + s);

        needed(0x0800 + s);
        needed(0x4800 + s);
        needed(0x6806 + s);
        assert_true(access & 1u << 16 || (access & 0x80 && !(access & 0xFF00F00)));
    }
    for (uint32_t field = 0x4810; field <= 0x4812; field += 2)
        assert_int_equal(needed(field) & 0xFFFF0000, 0);
    needed(0x6816);
    needed(0x6818);
    needed(0x6802);
    needed(0x681A);
    assert_int_equal(needed(0x2800), UINT64_MAX);
    needed(0x2802);
    needed(0x2804);
    assert_int_equal(needed(0x4826), 0);
    assert_int_equal(needed(0x6822), 0);
    for (uint32_t field = 0x681C; field <= 0x6826; field += 2)
        needed(field);
    assert_int_equal(needed(0x6820) & 2, 2);
    needed(0x482A);
    needed(0x4824);
}

static void leave(struct vmcs *v)
{
    v->value[0x4016] &= 0x7FFFFFFF; /* the valid bit, SDM 3 §28.2 */
    set(v, 0x4402, fake_exit.reason);
    set(v, 0x4404, fake_exit.event);
    set(v, 0x4406, fake_exit.event_error);
    set(v, 0x4408, fake_exit.vectoring);
    set(v, 0x440A, fake_exit.vectoring_error);
    set(v, 0x440C, fake_exit.length);
    set(v, 0x6400, fake_exit.qualification);
    if (exists(0x2400))
        set(v, 0x2400, fake_exit.physical);
    if (fake_exit.tpr)
        ((uint8_t *)hpa_to_ptr(v->value[0x2012]))[0x80] = fake_exit.tpr;
}

unsigned vmx_enter(uint64_t *registers, bool launched)
{
    struct vmcs *v = here();

    (void)registers;
    assert_non_null(v);
    assert_int_equal(launched, v->launched); /* VMLAUNCH of a clear one, VMRESUME of the other */
    check_controls();
    check_host();
    check_event();
    check_guest();
    if (fake_exit.refused) {
        set(v, 0x4400, fake_exit.refused);
        return 1;
    }
    if (launched)
        fake_entries.resumes++;
    else
        fake_entries.launches++;
    v->launched = !(fake_exit.reason >> 31); /* one that failed leaves it as it was */
    leave(v);
    return 0;
}

/* ---- start: the capabilities that the three report ---- */
static const struct {
    uint32_t msr;
    uint64_t value[3]; /* Core i7-3770K, Core i7-6700, Core i7-7800X */
} capabilities[] = {
    {0x3A, {5, 5, 5}},
    {0x277, {0x0007040600070406, 0x0007040600070406, 0x0007040600070406}},
    {0xC0000080, {0xD00, 0xD00, 0xD00}},
    {0x480, {0x00DA040000000010, 0x00DA040000000004, 0x00DA040000000004}},
    {0x481, {0x0000007F00000016, 0x0000007F00000016, 0x000000FF00000016}},
    {0x482, {0xFFF9FFFE0401E172, 0xFFF9FFFE0401E172, 0xFFF9FFFE0401E172}},
    {0x483, {0x007FFFFF00036DFF, 0x01FFFFFF00036DFF, 0x01FFFFFF00036DFF}},
    {0x484, {0x0000FFFF000011FF, 0x0003FFFF000011FF, 0x0003FFFF000011FF}},
    {0x486, {0x80000021, 0x80000021, 0x80000021}},
    {0x487, {0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF}},
    {0x488, {0x2000, 0x2000, 0x2000}},
    {0x489, {0x1767FF, 0x3767FF, 0x3727FF}},
    {0x48B, {0x000008FF00000000, 0x001FFCFF00000000, 0x025D3FFF00000000}},
    {0x48C, {0x00000F0106114141, 0x00000F0106734141, 0x00000F0106734141}},
    {0x48D, {0x0000007F00000016, 0x0000007F00000016, 0x000000FF00000016}},
    {0x48E, {0xFFF9FFFE04006172, 0xFFF9FFFE04006172, 0xFFF9FFFE04006172}},
    {0x48F, {0x007FFFFF00036DFB, 0x01FFFFFF00036DFB, 0x01FFFFFF00036DFB}},
    {0x490, {0x0000FFFF000011FB, 0x0003FFFF000011FB, 0x0003FFFF000011FB}},
    {0xC0000081, {0, 0, 0}},
    {0xC0000082, {0, 0, 0}},
    {0xC0000083, {0, 0, 0}},
    {0xC0000084, {0, 0, 0}},
    {0xC0000102, {0, 0, 0}},
};

void fake_vmx_load(struct vcpu *vcpu)
{
    assert_null(loaded[this_pcpu()->id]);
    vcpu->loaded = true;
    vendor_vmx.load(vcpu);
    loaded[this_pcpu()->id] = vcpu;
}

void fake_vmx_unload(struct vcpu *vcpu)
{
    assert_ptr_equal(loaded[this_pcpu()->id], vcpu);
    vendor_vmx.unload(vcpu);
    vcpu->loaded = false;
    loaded[this_pcpu()->id] = NULL;
}

struct vcpu *fake_vmx_vcpu(unsigned vm, unsigned vcpu)
{
    struct vcpu *v = fake_vcpu(vm, vcpu);

    assert_int_equal(vm_close_maps(v->vm) ?: vendor_vmx.vcpu_create(v), BN_OK);
    vcpu_reset(v);
    if (!loaded[this_pcpu()->id])
        fake_vmx_load(v);
    return v;
}

struct vcpu_exit fake_vmx_run(struct vcpu *vcpu)
{
    struct vcpu_exit exit;

    vendor_vmx.run(vcpu, &exit);
    return exit;
}

/* The back end's own memory of what is current must end with what it means. */
static void end_before(void)
{
    for (unsigned cpu = 0; cpu < FAKE_CPUS; cpu++) {
        fake_on_cpu(cpu);
        if (loaded[cpu])
            fake_vmx_unload(loaded[cpu]);
    }
}

void fake_vmx_begin(enum fake_model model)
{
    end_before();
    fake_begin();
    for (unsigned i = 0; i < VMCSS; i++)
        memset(vmcss[i].written, 0, sizeof(vmcss[i].written));
    memset(on, 0, sizeof(on));
    memset(&fake_exit, 0, sizeof(fake_exit));
    memset(&fake_entries, 0, sizeof(fake_entries));
    for (size_t i = 0; i < HV_ARRAY_SIZE(capabilities); i++)
        fake_set_msr(capabilities[i].msr, capabilities[i].value[model]);
    fake.leaf1.ecx = 1u << 5;
    fake.cr0 = 0x80050013; /* PG, AM, WP, ET, MP, PE */
    fake.cr3 = 0x5000;
    fake.cr4 = 0x620;
    vendor = &vendor_vmx;
}
