/* SPDX-License-Identifier: BSD-3-Clause */
/* Plays of a guest that ends in the middle of its work and begins again. */
#include <stdio.h>
#include <time.h>

#include "client.h"

/* A picture, and more batches than the physical GPU gets at a time. */
static void be_busy(void)
{
    static struct stream s;

    s.count = 0;
    set_up(&s);
    clear_and_look(&s, red, RED);
    stream_clear(&s, blue);
    for (unsigned i = 0; i < BATCHES; i++)
        (void)post(1, &s);
}

static double now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* Its front end goes, and a new one comes. */
void close_again(const char *socket, unsigned times)
{
    for (unsigned i = 0; i < times; i++) {
        be_busy();
        driver_close();
        driver_start(socket);
    }
    printf("gpu: %u connections closed\n", times);
}

/* It resets the device, as it does when it starts again. The first frame is one whose pixels have
 * been read back and are right. */
void reset_again(unsigned times)
{
    static struct stream s;
    double worst = 0;

    for (unsigned i = 0; i < times; i++) {
        double start;

        be_busy();
        start = now_ms();
        driver_reset();
        s.count = 0;
        set_up(&s);
        clear_and_look(&s, blue, BLUE);
        start = now_ms() - start;
        worst = start > worst ? start : worst;
        driver_reset();
    }
    printf("gpu: %u resets, the first frame after %.3f ms at most\n", times, worst);
}
