/* SPDX-License-Identifier: BSD-3-Clause */
/* Sending on a 16550, for the loader and the hypervisor. */
#include <linux/serial_reg.h>

#include "hv/hw.h"

#define SEND_SPINS 100000u /* a UART that never gets ready must not stop the machine */

void uart_set_up(uint16_t port)
{
    hw_out8(port + 1, 0);    /* no interrupts */
    hw_out8(port + 3, 0x80); /* divisor 1: 115200 */
    hw_out8(port, 1);
    hw_out8(port + 1, 0);
    hw_out8(port + 3, 0x03); /* 8N1 */
    hw_out8(port + 2, 0x07); /* FIFO on and empty, interrupt at the first character */
    hw_out8(port + 4, 0x0B); /* DTR, RTS, OUT2 */
}

bool uart_present(uint16_t port)
{
    const uint16_t scratch = (uint16_t)(port + 7);

    hw_out8(scratch, 0x5A);
    if (hw_in8(scratch) != 0x5A)
        return false;
    hw_out8(scratch, 0xA5);
    return hw_in8(scratch) == 0xA5;
}

void uart_send(uint16_t port, uint8_t c)
{
    for (unsigned i = 0; i < SEND_SPINS && !(hw_in8(port + UART_LSR) & UART_LSR_THRE); i++)
        __builtin_ia32_pause();
    hw_out8(port, c);
}
