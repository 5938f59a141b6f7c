/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the rules for the devices, outputs and layers of a scenario. */
#include "rules.h"

#define ISA_IRQS   16
#define MAX_PIXELS 8192 /* width or height of anything */
#define NO_VM      0xFFFFu

static void check_device(struct scenario_checker *c, uint32_t i)
{
    const struct bn_scenario *s = c->s;
    const struct bn_scenario_device *d = &s->device[i];
    const struct scenario_ref at = ref(SCENARIO_DEVICE, i);
    const bool hypervisors = d->owner == BN_OWNER_HYPERVISOR;

    if (d->kind < BN_DEVICE_PCI || d->kind > BN_DEVICE_SPEAKER)
        blame(c, SCENARIO_BAD_KIND, at, "kind", d->kind, BN_DEVICE_SPEAKER);
    if (d->flags & ~BN_DEVICE_OPTIONAL)
        blame(c, SCENARIO_BAD_FLAGS, at, "flags", d->flags, BN_DEVICE_OPTIONAL);
    if (!hypervisors && d->owner >= s->vm_count) {
        blame(c, SCENARIO_UNKNOWN_VM, at, "owner", d->owner, s->vm_count);
        return;
    }
    if (!hypervisors && s->vm[d->owner].kind != BN_VM_PRELAUNCHED &&
        !(d->kind == BN_DEVICE_PCI && s->vm[d->owner].kind == BN_VM_POSTLAUNCHED))
        clash(c, SCENARIO_BAD_DEVICE, at, ref(SCENARIO_VM, d->owner), "owner", 0, 0);
    if (d->kind == BN_DEVICE_UART && (d->port < 0x100 || d->port > 0xFFF8))
        blame(c, SCENARIO_BAD_DEVICE, at, "port", d->port, 0xFFF8);
    if (d->kind == BN_DEVICE_UART && (d->isa_irq >= ISA_IRQS || d->isa_irq == 2))
        blame(c, SCENARIO_BAD_DEVICE, at, "irq", d->isa_irq, ISA_IRQS - 1);
    if (d->vector == BN_VECTOR_NONE)
        return;
    if (d->vector < BN_VECTOR_FIRST || d->vector > BN_VECTOR_LAST)
        blame(c, SCENARIO_BAD_VECTOR, at, "vector", d->vector, BN_VECTOR_LAST);
    if (hypervisors || !(s->vm[d->owner].flags & BN_VM_DIRECT_IRQ))
        blame(c, SCENARIO_NOT_DIRECT, at, "vector", d->vector, 0);
}

static void check_device_pair(struct scenario_checker *c, uint32_t i, uint32_t j)
{
    const struct bn_scenario_device *a = &c->s->device[i], *b = &c->s->device[j];
    const struct scenario_ref at = ref(SCENARIO_DEVICE, i);
    const struct scenario_ref with = ref(SCENARIO_DEVICE, j);

    if (a->vector && a->vector == b->vector && a->owner == b->owner)
        clash(c, SCENARIO_SAME_VECTOR, at, with, "vector", a->vector, 0);
    if (a->kind != b->kind)
        return;
    if (a->kind == BN_DEVICE_SPEAKER)
        clash(c, SCENARIO_SAME_DEVICE, at, with, "kind", a->kind, 0);
    else if (a->kind == BN_DEVICE_PCI && a->bdf == b->bdf)
        clash(c, SCENARIO_SAME_DEVICE, at, with, "pci", a->bdf, 0);
    else if (a->kind == BN_DEVICE_UART && a->port < b->port + 8u && b->port < a->port + 8u)
        clash(c, SCENARIO_SAME_DEVICE, at, with, "port", a->port, 0);
    else if (a->kind == BN_DEVICE_UART && a->isa_irq && a->isa_irq == b->isa_irq)
        clash(c, SCENARIO_SAME_DEVICE, at, with, "irq", a->isa_irq, 0);
}

static void check_functions(struct scenario_checker *c, uint32_t vm)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < c->s->device_count; i++)
        count += c->s->device[i].kind == BN_DEVICE_PCI && c->s->device[i].owner == vm;
    if (count > BN_MAX_FUNCTIONS)
        blame(c, SCENARIO_TOO_MANY, ref(SCENARIO_VM, vm), "functions", count, BN_MAX_FUNCTIONS);
}

void scenario_check_devices(struct scenario_checker *c)
{
    const struct bn_scenario *s = c->s;
    bool console = false;

    for (uint32_t i = 0; i < s->device_count; i++) {
        const struct bn_scenario_device *d = &s->device[i];

        check_device(c, i);
        for (uint32_t j = 0; j < i; j++)
            check_device_pair(c, i, j);
        console = console || (d->kind == BN_DEVICE_UART && d->owner == BN_OWNER_HYPERVISOR &&
                              d->port == s->console_port);
    }
    for (uint32_t i = 0; i < s->vm_count; i++)
        check_functions(c, i);
    if (!console)
        blame(c, SCENARIO_NO_CONSOLE, ref(SCENARIO_ITSELF, 0), "console", s->console_port, 0);
}

static void check_framebuffer(struct scenario_checker *c)
{
    const struct bn_scenario *s = c->s;
    const struct scenario_ref me = ref(SCENARIO_ITSELF, 0);

    if (s->framebuffer_vm != NO_VM) {
        if (s->framebuffer_vm >= s->vm_count)
            blame(c, SCENARIO_UNKNOWN_VM, me, "framebuffer", s->framebuffer_vm, s->vm_count);
        if (s->framebuffer_width < 1 || s->framebuffer_width > MAX_PIXELS)
            blame(c, SCENARIO_BAD_FRAMEBUFFER, me, "framebuffer", s->framebuffer_width, MAX_PIXELS);
        if (s->framebuffer_height < 1 || s->framebuffer_height > MAX_PIXELS)
            blame(c, SCENARIO_BAD_FRAMEBUFFER, me, "framebuffer", s->framebuffer_height,
                  MAX_PIXELS);
    }
    for (uint32_t i = 0; i < s->vm_count; i++) {
        const uint64_t gpa = s->vm[i].framebuffer_gpa;
        const bool draws = i == s->framebuffer_vm;

        if (draws != (gpa != 0) || gpa % BN_RANGE_ALIGN || gpa >> 46 ||
            (draws && s->vm[i].kind != BN_VM_PRELAUNCHED))
            blame(c, SCENARIO_BAD_FRAMEBUFFER, ref(SCENARIO_VM, i), "framebuffer", gpa,
                  BN_RANGE_ALIGN);
    }
}

static void check_output(struct scenario_checker *c, uint32_t i)
{
    const struct bn_scenario_output *o = &c->s->output[i];
    const struct scenario_ref at = ref(SCENARIO_OUTPUT, i);

    if (o->width < 1 || o->width > MAX_PIXELS || o->height < 1 || o->height > MAX_PIXELS)
        blame(c, SCENARIO_BAD_OUTPUT, at, "size",
              o->width < 1 || o->width > MAX_PIXELS ? o->width : o->height, MAX_PIXELS);
    if (o->refresh_mhz < 1000 || o->refresh_mhz > 1000000)
        blame(c, SCENARIO_BAD_OUTPUT, at, "refresh-mhz", o->refresh_mhz, 1000000);
    for (uint32_t j = 0; j < i; j++)
        if (c->s->output[j].index == o->index)
            clash(c, SCENARIO_SAME_OUTPUT, at, ref(SCENARIO_OUTPUT, j), "connector", o->index, 0);
}

/* x..x+width inside 0..limit, without overflow. */
static bool inside(int32_t x, int32_t width, uint32_t limit)
{
    return x >= 0 && width > 0 && (uint64_t)(uint32_t)x + (uint32_t)width <= limit;
}

static void check_cut(struct scenario_checker *c, uint32_t i)
{
    const struct bn_scenario_layer *l = &c->s->layer[i];
    const bool whole = !l->src_x && !l->src_y && !l->src_width && !l->src_height;

    if (whole ? l->source == BN_LAYER_COPY
              : !inside(l->src_x, l->src_width, MAX_PIXELS) ||
                    !inside(l->src_y, l->src_height, MAX_PIXELS))
        blame(c, SCENARIO_BAD_CUT, ref(SCENARIO_LAYER, i), "cut", (uint32_t)l->src_width,
              (uint32_t)l->src_height);
}

static void check_layer(struct scenario_checker *c, uint32_t i)
{
    const struct bn_scenario *s = c->s;
    const struct bn_scenario_layer *l = &s->layer[i];
    const struct scenario_ref at = ref(SCENARIO_LAYER, i);

    if (l->source < BN_LAYER_CLUSTER || l->source > BN_LAYER_COPY) {
        blame(c, SCENARIO_BAD_KIND, at, "source", l->source, BN_LAYER_COPY);
        return;
    }
    if (l->vm >= s->vm_count)
        blame(c, SCENARIO_UNKNOWN_VM, at, "vm", l->vm, s->vm_count);
    if (l->input > 1 || (l->input && l->source != BN_LAYER_SCANOUT))
        blame(c, SCENARIO_BAD_FLAGS, at, "input", l->input, 1);
    if (l->source == BN_LAYER_SCANOUT && l->vm < s->vm_count && s->vm[l->vm].gpu.outputs &&
        l->scanout >= s->vm[l->vm].gpu.outputs)
        clash(c, SCENARIO_NO_OUTPUT, at, ref(SCENARIO_VM, l->vm), "scanout", l->scanout,
              s->vm[l->vm].gpu.outputs);
    check_cut(c, i);
    if (l->output >= s->output_count) {
        blame(c, SCENARIO_UNKNOWN_OUTPUT, at, "output", l->output, s->output_count);
        return;
    }
    const struct bn_scenario_output *o = &s->output[l->output];

    if (!inside(l->x, l->width, o->width) || !inside(l->y, l->height, o->height))
        clash(c, SCENARIO_LAYER_OUTSIDE, at, ref(SCENARIO_OUTPUT, l->output), "place", o->width,
              o->height);
    for (uint32_t j = 0; l->source == BN_LAYER_SCANOUT && j < s->layer_count; j++)
        if (s->layer[j].source != BN_LAYER_SCANOUT && s->layer[j].output == l->output &&
            s->layer[j].z <= l->z)
            clash(c, SCENARIO_LAYER_OVER_CLUSTER, at, ref(SCENARIO_LAYER, j), "z", 0, 0);
}

void scenario_check_displays(struct scenario_checker *c)
{
    check_framebuffer(c);
    for (uint32_t i = 0; i < c->s->output_count; i++)
        check_output(c, i);
    for (uint32_t i = 0; i < c->s->layer_count; i++)
        check_layer(c, i);
}
