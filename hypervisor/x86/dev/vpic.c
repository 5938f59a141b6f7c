/* SPDX-License-Identifier: BSD-3-Clause */
/* The virtual pair of 8259A interrupt controllers and the edge/level registers beside them. */
#include "hv/vpic.h"

#define CASCADE 2u /* master's input where the slave is */

static unsigned priority_of(const struct vpic_chip *chip, unsigned line)
{
    return (line - chip->lowest - 1) & 7; /* 0 is the highest */
}

/* The line of `set` that comes first, or -1. */
static int first_line(const struct vpic_chip *chip, uint8_t set)
{
    for (unsigned i = 1; i <= 8; i++) {
        unsigned line = (chip->lowest + i) & 7;

        if (set >> line & 1)
            return (int)line;
    }
    return -1;
}

/* What the chip would hand out now: requested, not masked, above everything in service; -1: none.
 */
static int chip_request(const struct vpic_chip *chip)
{
    uint8_t blocking = chip->special_mask ? chip->isr & (uint8_t)~chip->imr : chip->isr;
    uint8_t wanted = chip->irr & (uint8_t)~chip->imr;
    int line, serving;

    if (!wanted)
        return -1;
    line = first_line(chip, wanted);
    serving = first_line(chip, blocking);
    if (serving >= 0 && priority_of(chip, (unsigned)serving) <= priority_of(chip, (unsigned)line))
        return -1;
    return line;
}

static void chip_set_line(struct vpic_chip *chip, unsigned line, bool asserted)
{
    uint8_t bit = (uint8_t)(1u << line);

    if (chip->elcr & bit)
        chip->irr = asserted ? chip->irr | bit : chip->irr & (uint8_t)~bit;
    else if (asserted && !(chip->lines & bit))
        chip->irr |= bit;
    chip->lines = asserted ? chip->lines | bit : chip->lines & (uint8_t)~bit;
}

/* Carries the slave's output to the master; true: the pair's output is up. Lock held. */
static bool pair_output(struct vpic *pic)
{
    uint8_t bit = 1u << CASCADE;

    if (chip_request(&pic->chip[1]) >= 0)
        pic->chip[0].irr |= bit;
    else
        pic->chip[0].irr &= (uint8_t)~bit;
    return chip_request(&pic->chip[0]) >= 0;
}

/* After any change: vCPU 0 looks when there is something for it. Releases the lock. */
static void update_and_unlock(struct vpic *pic)
{
    bool up = pair_output(pic);

    spin_unlock(&pic->lock);
    if (up && vlapic_takes_extint(&pic->vm->vcpu[0].lapic))
        vcpu_request(&pic->vm->vcpu[0], VCPU_REQ_IRQ);
}

void vpic_set_line(struct vpic *pic, unsigned irq, bool asserted)
{
    if (irq > 15 || irq == CASCADE)
        return;
    spin_lock(&pic->lock);
    chip_set_line(&pic->chip[irq / 8], irq % 8, asserted);
    update_and_unlock(pic);
}

bool vpic_pending(struct vpic *pic)
{
    bool up;

    spin_lock(&pic->lock);
    up = pair_output(pic);
    spin_unlock(&pic->lock);
    return up;
}

/* The acknowledge cycle of one chip: its line, or 7 when the request has gone (spurious). */
static unsigned acknowledge(struct vpic_chip *chip)
{
    int line = chip_request(chip);
    uint8_t bit = (uint8_t)(1u << (line & 7));

    if (line < 0)
        return 7;
    if (!chip->auto_eoi)
        chip->isr |= bit;
    if (!(chip->elcr & bit))
        chip->irr &= (uint8_t)~bit;
    return (unsigned)line;
}

uint8_t vpic_accept(struct vpic *pic)
{
    unsigned line;
    uint8_t vector;

    spin_lock(&pic->lock);
    pair_output(pic);
    line = acknowledge(&pic->chip[0]);
    if (line == CASCADE)
        vector = (uint8_t)(pic->chip[1].vector_base + acknowledge(&pic->chip[1]));
    else
        vector = (uint8_t)(pic->chip[0].vector_base + line);
    spin_unlock(&pic->lock);
    return vector;
}

static void write_icw1(struct vpic_chip *chip, uint8_t value)
{
    chip->irr = chip->lines & chip->elcr;
    chip->isr = chip->imr = 0;
    chip->lowest = 7;
    chip->read_isr = chip->poll = chip->special_mask = chip->auto_eoi = false;
    chip->needs_icw4 = value & 1;
    chip->init_step = 2;
}

static void write_ocw2(struct vpic_chip *chip, uint8_t value)
{
    bool rotate = value & 0x80, specific = value & 0x40, eoi = value & 0x20;
    int line = specific ? value & 7 : first_line(chip, chip->isr);

    if (line < 0 || !(eoi || (rotate && specific)))
        return;
    if (eoi)
        chip->isr &= (uint8_t)~(1u << line);
    if (rotate)
        chip->lowest = (uint8_t)line;
}

static void write_command(struct vpic_chip *chip, uint8_t value)
{
    if (value & 0x10) {
        write_icw1(chip, value);
    } else if (value & 0x08) { /* OCW3 */
        if (value & 0x40)
            chip->special_mask = value & 0x20;
        if (value & 0x02)
            chip->read_isr = value & 1;
        chip->poll = value & 0x04;
    } else {
        write_ocw2(chip, value);
    }
}

static void write_data(struct vpic_chip *chip, uint8_t value)
{
    switch (chip->init_step) {
    case 2:
        chip->vector_base = value & 0xF8;
        chip->init_step = 3;
        break;
    case 3: /* the cascade is wired, whatever is written */
        chip->init_step = chip->needs_icw4 ? 4 : 0;
        break;
    case 4:
        chip->auto_eoi = value & 2;
        chip->init_step = 0;
        break;
    default:
        chip->imr = value;
        break;
    }
}

static uint8_t read_command(struct vpic_chip *chip)
{
    if (chip->poll) {
        int line = chip_request(chip);

        chip->poll = false;
        return line < 0 ? 0 : (uint8_t)(0x80 | acknowledge(chip));
    }
    return chip->read_isr ? chip->isr : chip->irr;
}

static enum bn_status vpic_ports(struct vpic *pic, struct vpic_chip *chip, uint64_t offset,
                                 bool write, uint64_t *value)
{
    spin_lock(&pic->lock);
    if (write && offset)
        write_data(chip, (uint8_t)*value);
    else if (write)
        write_command(chip, (uint8_t)*value);
    else
        *value = offset ? chip->imr : read_command(chip);
    update_and_unlock(pic);
    return BN_OK;
}

static enum bn_status vpic_master(struct vcpu *vcpu, void *device, uint64_t offset, unsigned bytes,
                                  bool write, uint64_t *value)
{
    struct vpic *pic = device;

    (void)vcpu;
    (void)bytes;
    return vpic_ports(pic, &pic->chip[0], offset, write, value);
}

static enum bn_status vpic_slave(struct vcpu *vcpu, void *device, uint64_t offset, unsigned bytes,
                                 bool write, uint64_t *value)
{
    struct vpic *pic = device;

    (void)vcpu;
    (void)bytes;
    return vpic_ports(pic, &pic->chip[1], offset, write, value);
}

static enum bn_status vpic_elcr(struct vcpu *vcpu, void *device, uint64_t offset, unsigned bytes,
                                bool write, uint64_t *value)
{
    /* Timer, keyboard, cascade, clock and coprocessor are edges for good (ICH9 §13.4.12). */
    static const uint8_t allowed[2] = {0xF8, 0xDE};
    struct vpic *pic = device;

    (void)vcpu;
    (void)bytes;
    spin_lock(&pic->lock);
    if (write)
        pic->chip[offset & 1].elcr = (uint8_t)*value & allowed[offset & 1];
    else
        *value = pic->chip[offset & 1].elcr;
    spin_unlock(&pic->lock);
    return BN_OK;
}

void vpic_reset(struct vpic *pic)
{
    spin_lock(&pic->lock);
    for (unsigned i = 0; i < 2; i++)
        pic->chip[i] =
            (struct vpic_chip){.imr = 0xFF, .lowest = 7, .vector_base = (uint8_t)(i ? 0x70 : 0x08)};
    spin_unlock(&pic->lock);
}

enum bn_status vpic_init(struct vpic *pic, struct vm *vm)
{
    enum bn_status status;

    *pic = (struct vpic){.vm = vm};
    vpic_reset(pic);
    vm->pic = pic;
    status = vm_add_pio(vm, 0x20, 2, vpic_master, pic);
    if (status == BN_OK)
        status = vm_add_pio(vm, 0xA0, 2, vpic_slave, pic);
    if (status == BN_OK)
        status = vm_add_pio(vm, 0x4D0, 2, vpic_elcr, pic);
    return status;
}
