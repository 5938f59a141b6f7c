/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the choice of the boot display mode. */
#include "loader.h"

struct choice {
    EFI_GRAPHICS_OUTPUT_PROTOCOL *gop;
    uint32_t mode;
    bool fits;       /* not larger than wanted */
    uint64_t pixels; /* 0: nothing chosen yet */
};

/* Whether a mode is nearer to the wanted one: the largest that fits, else the smallest that does
 * not. */
static bool is_better(const struct choice *now, bool fits, uint64_t pixels)
{
    if (!now->pixels || fits != now->fits)
        return !now->pixels || fits;
    return fits ? pixels > now->pixels : pixels < now->pixels;
}

static void choose(EFI_GRAPHICS_OUTPUT_PROTOCOL *gop, uint32_t width, uint32_t height,
                   struct choice *best)
{
    for (uint32_t i = 0; i < gop->Mode->MaxMode; i++) {
        EFI_GRAPHICS_OUTPUT_MODE_INFORMATION *mode;
        UINTN bytes;

        if (gop->QueryMode(gop, i, &bytes, &mode) != EFI_SUCCESS)
            continue;
        const bool fits = mode->HorizontalResolution <= width && mode->VerticalResolution <= height;
        const uint64_t pixels = (uint64_t)mode->HorizontalResolution * mode->VerticalResolution;

        if (mode->PixelFormat == PixelBlueGreenRedReserved8BitPerColor &&
            is_better(best, fits, pixels))
            *best = (struct choice){gop, i, fits, pixels};
        BS->FreePool(mode);
    }
}

/* The first display that has a linear mode. Those without a device path are not displays but
 * firmware's splitters. */
static struct choice find_display(uint32_t width, uint32_t height)
{
    struct choice best = {0};
    EFI_HANDLE *handles;
    UINTN count = 0;

    if (LibLocateHandle(ByProtocol, &GraphicsOutputProtocol, NULL, &count, &handles) != EFI_SUCCESS)
        return best;
    for (UINTN i = 0; i < count && !best.pixels; i++) {
        VOID *gop, *where;

        if (BS->HandleProtocol(handles[i], &DevicePathProtocol, &where) == EFI_SUCCESS &&
            BS->HandleProtocol(handles[i], &GraphicsOutputProtocol, &gop) == EFI_SUCCESS)
            choose(gop, width, height, &best);
    }
    BS->FreePool(handles);
    return best;
}

static void describe(const EFI_GRAPHICS_OUTPUT_PROTOCOL *gop, struct bn_boot_framebuffer *to)
{
    const EFI_GRAPHICS_OUTPUT_MODE_INFORMATION *mode = gop->Mode->Info;

    to->base = gop->Mode->FrameBufferBase;
    to->bytes = gop->Mode->FrameBufferSize;
    to->width = mode->HorizontalResolution;
    to->height = mode->VerticalResolution;
    to->pitch = mode->PixelsPerScanLine * 4;
    to->format = BN_FORMAT_XRGB8888;
}

void screen_now(struct bn_boot_framebuffer *is)
{
    const struct choice any = find_display(UINT32_MAX, UINT32_MAX);

    *is = (struct bn_boot_framebuffer){0};
    if (any.pixels)
        describe(any.gop, is);
}

void screen_set(const struct bn_scenario *s, struct bn_boot_framebuffer *to)
{
    const uint32_t width = s->framebuffer_width, height = s->framebuffer_height;

    *to = (struct bn_boot_framebuffer){0};
    if (s->framebuffer_vm >= s->vm_count)
        return;
    const struct choice best = find_display(width, height);

    if (!best.pixels) {
        complain(
            "WARNING: there is no display with a linear framebuffer: VM \"%s\" starts without one",
            s->vm[s->framebuffer_vm].name);
        return;
    }
    EFI_GRAPHICS_OUTPUT_PROTOCOL *gop = best.gop;
    EFI_STATUS status = gop->SetMode(gop, best.mode);

    if (status != EFI_SUCCESS)
        fail("the display mode cannot be set: %s", efi_error(status));
    console_screen_off();
    const EFI_GRAPHICS_OUTPUT_MODE_INFORMATION *mode = gop->Mode->Info;

    if (mode->HorizontalResolution != width || mode->VerticalResolution != height)
        say("WARNING: the display has no mode of %ux%u, this is the nearest:", width, height);
    describe(gop, to);
    say("display: %ux%u, framebuffer at 0x%lx", to->width, to->height, to->base);
}
