/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Preloaded into QEMU 10 with qemu_gl.c: monitors that are plugged in and out. QEMU tells a guest
 * of a monitor what its display says (dpy_set_ui_info): SDL's says something only when somebody
 * resizes a window, which an output that is not driven has not. Here whoever sends a datagram
 * "OUTPUT WIDTH HEIGHT" to the socket NUC_MONITORS plugs a monitor of that size into that output; 0
 * by 0 pulls it out. It is read where SDL's events are, in the main thread, under QEMU's big lock.
 *
 * And a repair: the last event of a window that is gone says that it is hidden. QEMU looks for it
 * among its outputs (ui/sdl2.c, get_scon_from_window), finds no window equal to that of the first
 * output that has none, and makes that one's next window a hidden one. Such events end here.
 */
#include <SDL2/SDL_events.h>
#include <SDL2/SDL_video.h>
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct ui_info { /* QemuUIInfo of QEMU 10's include/ui/console.h */
    uint16_t width_mm, height_mm;
    int x, y;
    uint32_t width, height, refresh_mhz;
};
_Static_assert(sizeof(struct ui_info) == 24, "QEMU's");

static int monitors = -1;

__attribute__((constructor)) static void listen_for_monitors(void)
{
    const char *path = getenv("NUC_MONITORS");
    struct sockaddr_un a = {.sun_family = AF_UNIX};

    if (!path || strlen(path) >= sizeof(a.sun_path))
        return;
    strcpy(a.sun_path, path);
    monitors = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (monitors < 0 || bind(monitors, (struct sockaddr *)&a, sizeof(a)) < 0)
        perror("NUC_MONITORS");
    unsetenv("NUC_MONITORS"); /* it is this process' */
}

static void plug(unsigned output, uint32_t width, uint32_t height)
{
    static void *(*console)(unsigned);
    static int (*set)(void *, struct ui_info *, bool);
    struct ui_info info = {.width = width, .height = height, .refresh_mhz = width ? 60000 : 0};

    *(void **)&console = dlsym(RTLD_DEFAULT, "qemu_console_lookup_by_index");
    *(void **)&set = dlsym(RTLD_DEFAULT, "dpy_set_ui_info");
    if (!console || !set || !console(output) || set(console(output), &info, false) < 0)
        fprintf(stderr, "output %u takes no monitor\n", output);
}

int SDL_PollEvent(SDL_Event *event)
{
    static int (*next)(SDL_Event *);
    unsigned output, width, height;
    char message[64];
    ssize_t n;
    int found;

    if (!next)
        *(void **)&next = dlsym(RTLD_NEXT, "SDL_PollEvent");
    while (monitors >= 0 && (n = recv(monitors, message, sizeof(message) - 1, 0)) > 0) {
        message[n] = 0;
        if (sscanf(message, "%u %u %u", &output, &width, &height) == 3)
            plug(output, width, height);
    }
    do
        found = next(event);
    while (found && event && event->type == SDL_WINDOWEVENT &&
           !SDL_GetWindowFromID(event->window.windowID));
    return found;
}
