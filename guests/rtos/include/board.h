/* SPDX-License-Identifier: BSD-3-Clause */
/* What the machine gives the application: clock, framebuffer, vehicle bus, shared window, panic. */
#ifndef RTOS_BOARD_H
#define RTOS_BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct board_framebuffer { /* 32 bits a pixel, XRGB8888; base NULL: none */
    uint32_t *base;
    uint32_t width, height; /* pixels */
    uint32_t pitch;         /* bytes a line */
};

struct board {
    bool hypervised; /* guest_info was there: touch nothing it does not give us */
    bool x2apic;
    uint64_t tsc_hz;
    uint64_t boot_tsc;      /* time zero of boot figures */
    uint64_t entry_tsc;     /* at our first instruction: time zero of board_now_us() */
    uint32_t apic_timer_hz; /* before its divider */
    struct board_framebuffer framebuffer;
    bool speaker;      /* the PC speaker is ours */
    bool sd_host;      /* there is an SD host controller, and it is ours */
    uint16_t bus_port; /* 16550 of the vehicle bus; 0: none */
    uint8_t bus_vector;
    char cmdline[64]; /* of the loader, cut to fit */
    uint8_t *shm;     /* shared window, NULL: none */
    uint32_t shm_bytes;
};

extern struct board board; /* filled before the application starts, constant from then on */

/* The application's part of the boot; interrupts are off. app_early must return. */
void app_early(void); /* machine is mapped, no timer yet: the first picture */
/* Clock and bus work: chooses the application mode and calls StartOS. */
void app_main(void) __attribute__((noreturn));

/* The application's last words to the driver; runs with interrupts off on an emergency stack. Must
 * not fault. */
void app_panic(const char *why);

uint64_t board_now_us(void); /* since our first instruction */
uint64_t board_tsc(void);
uint64_t board_tsc_to_ns(uint64_t ticks); /* a duration */

/* Vehicle bus. Sending queues all or nothing (false: no room, nothing queued); receiving never
 * waits. */
bool bus_send(const void *data, size_t bytes);
size_t bus_receive(void *data, size_t bytes);
/* `task` gets `event` whenever bytes have come. */
void bus_notify(uint8_t task, uint32_t event);

/* A tone of the PC speaker from now on, 19 Hz or more; 0: silence. Costs three port accesses, or
 * six; without a speaker nothing. */
void board_speaker(uint32_t hz);

/* The SD host controller's registers, in 32 bits; only where board.sd_host says that there are any.
 */
uint32_t board_sd_read(uint32_t offset);
void board_sd_write(uint32_t offset, uint32_t value);

/* To engineers: on the bus UART (lines that are no frames) and, on bare hardware, COM1. Polled, for
 * tests and last words. */
void board_say(const char *text);

/* Reports file, line and the broken condition, shows it to the driver, stops this CPU. */
void panic(const char *why, const char *file, int line) __attribute__((noreturn));
#define OS_ASSERT(condition)                                                                       \
    ((condition) ? (void)0 : panic("assertion failed: " #condition, __FILE__, __LINE__))

#endif
