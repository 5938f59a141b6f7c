/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Owns what the loader says: on a UART, driven directly, and on the firmware's text screen. ConOut
 * itself is avoided where possible: firmware often copies it to the same UART, and every line would
 * be there twice.
 */
#include "loader.h"

#include <stdarg.h>

static uint16_t uart;
static SIMPLE_TEXT_OUTPUT_INTERFACE *screen;
static bool on_screen; /* what is being said now */

static void uart_set_up(uint16_t port)
{
    uart = port;
    outb((uint16_t)(port + 1), 0x00); /* no interrupts */
    outb((uint16_t)(port + 3), 0x80);
    outb(port, 1); /* 115200 */
    outb((uint16_t)(port + 1), 0);
    outb((uint16_t)(port + 3), 0x03); /* 8n1 */
    outb((uint16_t)(port + 2), 0x07); /* FIFOs */
    outb((uint16_t)(port + 4), 0x03);
}

static void put(char c)
{
    CHAR16 text[3] = {(CHAR16)(uint8_t)c, 0, 0};

    if (c == '\n') {
        put('\r');
        text[0] = '\n';
    }
    for (unsigned tries = 0; uart && tries < 100000; tries++)
        if (inb((uint16_t)(uart + 5)) & 0x20)
            break;
    if (uart)
        outb(uart, (uint8_t)c);
    if (screen && on_screen)
        screen->OutputString(screen, text);
}

static void put_number(uint64_t value, unsigned base)
{
    char digits[24];
    unsigned count = 0;

    do {
        digits[count++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    if (base == 16) {
        put('0');
        put('x');
    }
    while (count)
        put(digits[--count]);
}

static void put_formatted(const char *format, va_list arguments)
{
    for (; *format; format++) {
        if (*format != '%') {
            put(*format);
            continue;
        }
        switch (*++format) {
        case 's':
            for (const char *s = va_arg(arguments, const char *); *s; s++)
                put(*s);
            break;
        case 'u':
            put_number(va_arg(arguments, uint64_t), 10);
            break;
        case 'x':
            put_number(va_arg(arguments, uint64_t), 16);
            break;
        default:
            put(*format);
        }
    }
}

/* The text screen that firmware draws on this display: its driver may not be running yet. */
static SIMPLE_TEXT_OUTPUT_INTERFACE *text_on(EFI_HANDLE display)
{
    EFI_GUID text = EFI_SIMPLE_TEXT_OUTPUT_PROTOCOL_GUID;
    EFI_BOOT_SERVICES *bs = efi_system->BootServices;
    VOID *found = NULL;

    if (bs->HandleProtocol(display, &text, &found) != EFI_SUCCESS) {
        bs->ConnectController(display, NULL, NULL, TRUE);
        if (bs->HandleProtocol(display, &text, &found) != EFI_SUCCESS)
            return NULL;
    }
    return found != efi_system->ConOut ? found : NULL;
}

void console_start(uint16_t port)
{
    EFI_GUID graphics = EFI_GRAPHICS_OUTPUT_PROTOCOL_GUID;
    EFI_BOOT_SERVICES *bs = efi_system->BootServices;
    EFI_HANDLE *handles = NULL;
    UINTN count = 0;

    uart_set_up(port);
    if (bs->LocateHandleBuffer(ByProtocol, &graphics, NULL, &count, &handles) != EFI_SUCCESS)
        return;
    for (UINTN i = 0; i < count && !screen; i++)
        screen = text_on(handles[i]);
    bs->FreePool(handles);
}

void console_move(uint16_t port)
{
    if (port != uart)
        uart_set_up(port);
}

void console_screen_off(void)
{
    screen = NULL;
}

static void put_line(const char *start, const char *format, va_list arguments)
{
    put_formatted(start, arguments); /* names no argument */
    put_formatted(format, arguments);
    put('\n');
}

/* The first trouble clears the screen of the firmware's logo. */
static void screen_on(void)
{
    static bool cleared;

    if (screen && !cleared)
        screen->ClearScreen(screen);
    cleared = true;
    on_screen = true;
}

void say(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    put_line("loader: ", format, arguments);
    va_end(arguments);
}

void complain(const char *format, ...)
{
    va_list arguments;

    screen_on();
    va_start(arguments, format);
    put_line("loader: ", format, arguments);
    va_end(arguments);
    on_screen = false;
}

void fail(const char *format, ...)
{
    va_list arguments;
    UINTN which;

    screen_on();
    va_start(arguments, format);
    put_line("loader: ERROR: ", format, arguments);
    va_end(arguments);
    complain("Binnacle does not start. Press a key to restart the machine.");
    if (efi_system->ConIn) {
        efi_system->ConIn->Reset(efi_system->ConIn, FALSE); /* keys of before do not count */
        if (efi_system->BootServices->WaitForEvent(1, &efi_system->ConIn->WaitForKey, &which) ==
            EFI_SUCCESS)
            efi_system->RuntimeServices->ResetSystem(EfiResetCold, EFI_ABORTED, 0, NULL);
    }
    for (;;)
        __asm__ volatile("hlt");
}

const char *efi_error(EFI_STATUS status)
{
    static const struct {
        EFI_STATUS status;
        const char *text;
    } texts[] = {
        {EFI_NOT_FOUND, "not found"},
        {EFI_OUT_OF_RESOURCES, "out of memory"},
        {EFI_DEVICE_ERROR, "device error"},
        {EFI_VOLUME_CORRUPTED, "file system is damaged"},
        {EFI_NO_MEDIA, "no medium"},
        {EFI_MEDIA_CHANGED, "medium was changed"},
        {EFI_ACCESS_DENIED, "access denied"},
        {EFI_INVALID_PARAMETER, "invalid parameter"},
        {EFI_UNSUPPORTED, "not supported"},
        {EFI_BUFFER_TOO_SMALL, "buffer too small"},
        {EFI_SECURITY_VIOLATION, "security violation"},
    };

    for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (texts[i].status == status)
            return texts[i].text;
    return "firmware error";
}
