/* SPDX-License-Identifier: BSD-3-Clause */
/* The virtual 8254 timer and port 61h; counts are computed from the TSC when somebody looks. */
#include "hv/vpit.h"
#include "hv/vioapic.h"

#define NS_PER_S        1000000000ull
#define MIN_PERIOD      24u /* ticks, 20 us: a shorter periodic timer only steals the CPU */
#define STATUS_OUT      0x80u
#define STATUS_NULL     0x40u /* no count loaded yet */
#define PORT61_GATE2    0x01u
#define PORT61_WRITABLE 0x03u

static uint64_t ticks_since(uint64_t start)
{
    uint64_t ns = tsc_to_ns(tsc_now() - start);

    return ns / NS_PER_S * PIT_HZ + ns % NS_PER_S * PIT_HZ / NS_PER_S;
}

static uint64_t tsc_from_ticks(uint64_t ticks)
{
    return tsc_from_ns(ticks * NS_PER_S / PIT_HZ);
}

static bool periodic(const struct vpit_channel *channel)
{
    return channel->mode == 2 || channel->mode == 3;
}

static uint16_t current_count(const struct vpit_channel *channel)
{
    uint64_t ticks;

    if (!channel->loaded)
        return 0;
    ticks = ticks_since(channel->start);
    if (channel->mode == 3)
        return (uint16_t)(channel->count - 2 * ticks % channel->count);
    if (channel->mode == 2)
        return (uint16_t)(channel->count - ticks % channel->count);
    return (uint16_t)(channel->count - ticks);
}

static bool output(const struct vpit_channel *channel)
{
    uint64_t ticks;

    if (!channel->loaded)
        return channel->mode != 0;
    ticks = ticks_since(channel->start);
    switch (channel->mode) {
    case 2:
        return ticks % channel->count != channel->count - 1;
    case 3:
        return ticks % channel->count < (channel->count + 1) / 2;
    case 4:
    case 5:
        return ticks != channel->count;
    default:
        return ticks >= channel->count;
    }
}

static uint64_t period_of(const struct vpit_channel *channel)
{
    bool short_one = periodic(channel) && channel->count < MIN_PERIOD;

    return tsc_from_ticks(short_one ? MIN_PERIOD : channel->count);
}

static void interrupt_expired(void *context)
{
    struct vpit *pit = context;
    const struct vpit_channel *channel = &pit->channel[0];

    spin_lock(&pit->lock);
    if (periodic(channel) && channel->loaded) {
        uint64_t period = period_of(channel), now = tsc_now();

        pit->next += period;
        if (pit->next <= now)
            pit->next = now + period;
        timer_arm(&pit->timer, pit->next);
    } else {
        pit->next = 0;
    }
    spin_unlock(&pit->lock);
    vm_set_isa_irq(pit->vm, 0, true);
    vm_set_isa_irq(pit->vm, 0, false);
}

static void load(struct vpit *pit, unsigned which, uint16_t count)
{
    struct vpit_channel *channel = &pit->channel[which];

    channel->count = count ? count : 0x10000;
    channel->start = tsc_now();
    channel->loaded = true;
    if (which == 0) {
        pit->next = channel->start + period_of(channel);
        timer_arm(&pit->timer, pit->next);
    }
}

static void write_count(struct vpit *pit, unsigned which, uint8_t value)
{
    struct vpit_channel *channel = &pit->channel[which];

    switch (channel->access) {
    case 1:
        load(pit, which, value);
        break;
    case 2:
        load(pit, which, (uint16_t)(value << 8));
        break;
    default:
        if (channel->write_high_next)
            load(pit, which, (uint16_t)(value << 8 | channel->write_low));
        else
            channel->write_low = value;
        channel->write_high_next = !channel->write_high_next;
        break;
    }
}

static uint8_t read_count(struct vpit_channel *channel)
{
    uint16_t count;
    bool high;

    if (channel->status_latched) {
        channel->status_latched = false;
        return channel->status;
    }
    count = channel->latched ? channel->latch : current_count(channel);
    high = channel->access == 2 || (channel->access == 3 && channel->read_high_next);
    if (channel->access == 3)
        channel->read_high_next = !channel->read_high_next;
    if (channel->access != 3 || high)
        channel->latched = false;
    return (uint8_t)(high ? count >> 8 : count);
}

static void latch_count(struct vpit_channel *channel)
{
    if (channel->latched)
        return;
    channel->latched = true;
    channel->latch = current_count(channel);
}

static void read_back(struct vpit *pit, uint8_t command)
{
    for (unsigned i = 0; i < 3; i++) {
        struct vpit_channel *channel = &pit->channel[i];

        if (!(command >> (i + 1) & 1))
            continue;
        if (!(command & 0x20))
            latch_count(channel);
        if (!(command & 0x10) && !channel->status_latched) {
            channel->status_latched = true;
            channel->status =
                (uint8_t)((output(channel) ? STATUS_OUT : 0u) |
                          (channel->loaded ? 0 : STATUS_NULL) | (unsigned)channel->access << 4 |
                          (unsigned)channel->mode << 1);
        }
    }
}

static void write_control(struct vpit *pit, uint8_t value)
{
    unsigned which = value >> 6;
    struct vpit_channel *channel;

    if (which == 3) {
        read_back(pit, value);
        return;
    }
    channel = &pit->channel[which];
    if (!(value & 0x30)) {
        latch_count(channel);
        return;
    }
    /* Counting in BCD (bit 0) is not modelled: nothing since the eighties asks for it. */
    *channel = (struct vpit_channel){
        .access = value >> 4 & 3, .mode = value >> 1 & 7, .gate = channel->gate};
    if (channel->mode > 5)
        channel->mode &= 3; /* modes 2 and 3 have two encodings */
    if (which == 0) {
        timer_cancel(&pit->timer);
        pit->next = 0;
    }
}

static enum bn_status vpit_ports(struct vcpu *vcpu, void *device, uint64_t offset, unsigned bytes,
                                 bool write, uint64_t *value)
{
    struct vpit *pit = device;

    (void)vcpu;
    (void)bytes;
    spin_lock(&pit->lock);
    if (write && offset == 3)
        write_control(pit, (uint8_t)*value);
    else if (write)
        write_count(pit, (unsigned)offset, (uint8_t)*value);
    else
        *value = offset == 3 ? 0xFF : read_count(&pit->channel[offset]);
    spin_unlock(&pit->lock);
    return BN_OK;
}

static enum bn_status vpit_port61(struct vcpu *vcpu, void *device, uint64_t offset, unsigned bytes,
                                  bool write, uint64_t *value)
{
    struct vpit *pit = device;
    struct vpit_channel *channel = &pit->channel[2];

    (void)vcpu;
    (void)offset;
    (void)bytes;
    spin_lock(&pit->lock);
    if (write) {
        bool gate = *value & PORT61_GATE2;

        pit->port61 = (uint8_t)*value & PORT61_WRITABLE;
        if (gate && !channel->gate && channel->loaded)
            channel->start = tsc_now(); /* the rising gate (re)starts the count */
        channel->gate = gate;
    } else {
        /* Bit 4 toggles with memory refresh, every 15 us; bit 5 is channel 2's output. */
        *value = pit->port61 | (tsc_to_ns(tsc_now()) / 15000 & 1 ? 0x10 : 0) |
                 (output(channel) ? 0x20 : 0);
    }
    spin_unlock(&pit->lock);
    return BN_OK;
}

void vpit_reset(struct vpit *pit)
{
    spin_lock(&pit->lock);
    timer_cancel(&pit->timer);
    pit->next = 0;
    pit->port61 = 0;
    for (unsigned i = 0; i < 3; i++)
        pit->channel[i] = (struct vpit_channel){.access = 3, .gate = i != 2};
    spin_unlock(&pit->lock);
}

enum bn_status vpit_init(struct vpit *pit, struct vm *vm)
{
    enum bn_status status;

    *pit = (struct vpit){.vm = vm};
    pit->timer.expired = interrupt_expired;
    pit->timer.context = pit;
    vpit_reset(pit);
    vm->pit = pit;
    status = vm_add_pio(vm, 0x40, 4, vpit_ports, pit);
    return status == BN_OK ? vm_add_pio(vm, 0x61, 1, vpit_port61, pit) : status;
}
