/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the Intel 6300ESB watchdog (datasheet 300641, §16): two stages; when the second has run out
 * the VM ends. */
#include <errno.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "devices.h"
#include "log.h"

#define CONFIG_REG     0x60
#define CONFIG_MHZ     0x04u /* preset counts 1 MHz, else 1 kHz */
#define CONFIG_NO_BOOT 0x20u /* output disabled: time-out without reset */
#define LOCK_REG       0x68
#define LOCK_LOCK      0x01u
#define LOCK_ENABLE    0x02u

#define TIMER1         0x00
#define TIMER2         0x04
#define RELOAD         0x0C
#define RELOAD_NOW     0x100u
#define RELOAD_TIMEOUT 0x200u
#define PRESET_MASK    0xFFFFFu

struct watchdog {
    struct pci_function f;
    struct machine *m;
    struct vu_source timer;
    uint32_t preset[2];
    unsigned unlock; /* how much of the 80h, 86h sequence was seen */
    unsigned stage;  /* 0: off, 1, 2 */
    bool locked;
    bool timed_out;
};

static struct watchdog *of_function(struct pci_function *f)
{
    return (struct watchdog *)((char *)f - offsetof(struct watchdog, f));
}

/* Starts a stage, or with 0 stops the clock. A tick is 2^15 (1 kHz) or 2^5 (1 MHz) PCI clocks of 30
 * ns. */
static void run_stage(struct watchdog *w, unsigned stage)
{
    uint64_t tick = w->f.config[CONFIG_REG] & CONFIG_MHZ ? 30u << 5 : 30u << 15;
    uint64_t ns = stage ? (w->preset[stage - 1] + 1ull) * tick : 0;
    struct itimerspec t = {.it_value = {(time_t)(ns / 1000000000u), (long)(ns % 1000000000u)}};

    w->stage = stage;
    if (timerfd_settime(w->timer.fd, 0, &t, NULL) < 0)
        log_line("watchdog: no timer");
}

static void on_timer(struct vu_source *source, uint32_t events)
{
    struct watchdog *w = source->priv;
    uint64_t n;

    (void)events;
    pthread_mutex_lock(&w->m->lock);
    if (read(source->fd, &n, sizeof(n)) != sizeof(n) || w->stage == 0)
        goto out; /* fed or switched off in the meantime */
    if (w->stage == 1) {
        run_stage(
            w,
            2); /* the interrupt of stage 1 (SMI or IRQ) is not modelled: Linux switches it off */
        goto out;
    }
    w->timed_out = true;
    w->stage = 0;
    if (w->f.config[CONFIG_REG] & CONFIG_NO_BOOT)
        log_line("watchdog: ran out, but its reset is switched off");
    else
        machine_end(w->m, END_WATCHDOG, "i6300esb was not fed");
out:
    pthread_mutex_unlock(&w->m->lock);
}

static void write_register(struct watchdog *w, uint64_t offset, uint32_t v)
{
    if (offset == RELOAD && (v & 0xFF) == 0x80) {
        w->unlock = 1;
        return;
    }
    if (offset == RELOAD && (v & 0xFF) == 0x86 && w->unlock == 1) {
        w->unlock = 2;
        return;
    }
    if (w->unlock != 2)
        return;
    w->unlock = 0; /* good for one write */
    if (offset == TIMER1 || offset == TIMER2)
        w->preset[offset / 4] = v & PRESET_MASK;
    if (offset != RELOAD)
        return;
    if (v & RELOAD_TIMEOUT)
        w->timed_out = false;
    if ((v & RELOAD_NOW) && w->stage)
        run_stage(w, 1);
}

static void bar_access(struct pci_function *f, unsigned bar, uint64_t offset, unsigned bytes,
                       bool write, uint64_t *value)
{
    struct watchdog *w = of_function(f);

    (void)bar;
    (void)bytes;
    if (write)
        write_register(w, offset, (uint32_t)*value);
    else if (offset == RELOAD)
        *value = w->timed_out ? RELOAD_TIMEOUT : 0;
    else
        *value = 0;
}

static void config_written(struct pci_function *f, unsigned offset, unsigned bytes)
{
    struct watchdog *w = of_function(f);
    uint8_t *lock = &f->config[LOCK_REG];
    bool on;

    if (offset > LOCK_REG || offset + bytes <= LOCK_REG)
        return;
    if (w->locked) { /* §16.6.3: neither the lock nor the enable bit can be taken back */
        *lock |= LOCK_LOCK | LOCK_ENABLE;
        return;
    }
    w->locked = (*lock & (LOCK_LOCK | LOCK_ENABLE)) == (LOCK_LOCK | LOCK_ENABLE);
    on = *lock & LOCK_ENABLE;
    if (on != (w->stage != 0))
        run_stage(w, on ? 1 : 0);
}

static const struct pci_ops ops = {.bar_access = bar_access, .config_written = config_written};

int watchdog_create(struct watchdog **out, struct machine *m, unsigned slot)
{
    struct watchdog *w = calloc(1, sizeof(*w));
    int rc;

    if (!w)
        return -ENOMEM;
    w->m = m;
    w->timer = (struct vu_source){.fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC),
                                  .ready = on_timer,
                                  .priv = w};
    w->preset[0] = w->preset[1] = PRESET_MASK;
    pci_function_init(&w->f, "watchdog", &ops, 0x8086, 0x25AB, 0x088000);
    pci_set_bar(&w->f, 0, 16, false, false);
    w->f.writable[CONFIG_REG] = 0x27;
    w->f.writable[LOCK_REG] = 0x07;
    rc = w->timer.fd < 0 ? -errno : vu_loop_add(&m->loop, &w->timer, EPOLLIN);
    if (rc == 0)
        rc = pci_add(&m->pci, slot, &w->f);
    if (rc < 0) {
        watchdog_destroy(w);
        return rc;
    }
    *out = w;
    return 0;
}

void watchdog_destroy(struct watchdog *w)
{
    vu_loop_remove(&w->m->loop, &w->timer);
    if (w->timer.fd >= 0)
        close(w->timer.fd);
    free(w);
}
