/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Owns what the loader says: on a UART, driven directly, and on the firmware's text screen. ConOut
 * itself is avoided where possible: firmware often copies it to the same UART, and every line would
 * be there twice.
 */
#include "hv/log.h"
#include "loader.h"

static uint16_t uart;
static SIMPLE_TEXT_OUTPUT_INTERFACE *screen;
static bool on_screen; /* what is being said now */
static void (*offered)(void);

static struct {
    char text[12288];
    size_t used;
} report;

static void put(char c)
{
    CHAR16 text[3] = {(CHAR16)(uint8_t)c, 0, 0};

    if (c == '\n') {
        put('\r');
        text[0] = '\n';
    }
    uart_send(uart, (uint8_t)c);
    if (screen && on_screen)
        screen->OutputString(screen, text);
}

/* The text screen that firmware draws on this display: its driver may not be running yet. */
static SIMPLE_TEXT_OUTPUT_INTERFACE *text_on(EFI_HANDLE display)
{
    VOID *found = NULL;

    if (BS->HandleProtocol(display, &TextOutProtocol, &found) != EFI_SUCCESS) {
        BS->ConnectController(display, NULL, NULL, TRUE);
        if (BS->HandleProtocol(display, &TextOutProtocol, &found) != EFI_SUCCESS)
            return NULL;
    }
    return found != ST->ConOut ? found : NULL;
}

void console_move(uint16_t port)
{
    if (port != uart)
        uart_set_up(port);
    uart = port;
}

void console_start(uint16_t port)
{
    EFI_HANDLE *handles = NULL;
    UINTN count = 0;

    console_move(port);
    if (LibLocateHandle(ByProtocol, &GraphicsOutputProtocol, NULL, &count, &handles) != EFI_SUCCESS)
        return;
    for (UINTN i = 0; i < count && !screen; i++)
        screen = text_on(handles[i]);
    BS->FreePool(handles);
}

void console_screen_off(void)
{
    screen = NULL;
}

static void put_line(const char *start, const char *format, va_list arguments)
{
    char line[400];
    size_t used = hv_snprintf(line, sizeof(line), "loader: %s", start);

    hv_vsnprintf(line + used, sizeof(line) - used, format, arguments);
    for (const char *c = line; *c; c++)
        put(*c);
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
    put_line("", format, arguments);
    va_end(arguments);
}

/* As the parts shared with the hypervisor call it. */
void hv_log(const char *format, ...) __attribute__((alias("say")));

void complain(const char *format, ...)
{
    va_list arguments;

    screen_on();
    va_start(arguments, format);
    put_line("", format, arguments);
    va_end(arguments);
    on_screen = false;
}

void report_start(void)
{
    report.used = 0;
    if (screen) /* the most lines there can be; one that firmware refuses does not matter */
        screen->SetMode(screen, (UINTN)screen->Mode->MaxMode - 1);
}

void report_line(const char *format, ...)
{
    char line[480];
    va_list arguments;

    va_start(arguments, format);
    hv_vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    report.used +=
        hv_snprintf(report.text + report.used, sizeof(report.text) - report.used, "%s\r\n", line);
    complain("%s", line);
}

void report_save(void)
{
    file_write("REPORT.TXT", report.text, report.used);
}

void fail_offers(void (*recovery)(void))
{
    offered = recovery;
}

static bool is_r(EFI_INPUT_KEY key)
{
    return key.UnicodeChar == 'r' || key.UnicodeChar == 'R';
}

bool recovery_wanted(unsigned seconds)
{
    SIMPLE_INPUT_INTERFACE *keys = ST->ConIn;
    EFI_EVENT events[2] = {keys ? keys->WaitForKey : NULL};
    EFI_INPUT_KEY key;
    UINTN which;

    if (!keys || BS->CreateEvent(EVT_TIMER, 0, NULL, NULL, &events[1]) != EFI_SUCCESS ||
        BS->SetTimer(events[1], TimerRelative, UINT64_C(10000000) * seconds) != EFI_SUCCESS)
        return false;
    complain("Press R within %u s for recovery, another key to start at once.", seconds);
    while (BS->WaitForEvent(2, events, &which) == EFI_SUCCESS && which == 0)
        if (keys->ReadKeyStroke(keys, &key) == EFI_SUCCESS)
            return is_r(key);
    return false;
}

void fail(const char *format, ...)
{
    SIMPLE_INPUT_INTERFACE *keys = ST->ConIn;
    va_list arguments;
    EFI_INPUT_KEY key;
    UINTN which;

    screen_on();
    va_start(arguments, format);
    put_line("ERROR: ", format, arguments);
    va_end(arguments);
    if (keys) /* keys of before do not count; those of after the question do */
        keys->Reset(keys, FALSE);
    if (offered)
        complain("Binnacle does not start. Press R for recovery, another key to restart the "
                 "machine.");
    else
        complain("Binnacle does not start. Press a key to restart the machine.");
    while (keys && BS->WaitForEvent(1, &keys->WaitForKey, &which) == EFI_SUCCESS) {
        if (keys->ReadKeyStroke(keys, &key) != EFI_SUCCESS)
            continue; /* a shift key alone */
        if (offered && is_r(key))
            offered();
        ST->RuntimeServices->ResetSystem(EfiResetCold, EFI_ABORTED, 0, NULL);
    }
    for (;;)
        __asm__ volatile("hlt");
}

const char *efi_error(EFI_STATUS status)
{
    static char text[64];
    CHAR16 wide[HV_ARRAY_SIZE(text)]; /* GNU-EFI's texts have half of it at most */

    StatusToString(wide, status);
    for (unsigned i = 0; i < sizeof(text); i++)
        text[i] = (char)wide[i];
    return text;
}
