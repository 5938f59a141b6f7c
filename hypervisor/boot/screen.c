/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the choice of the boot display mode. */
#include "loader.h"

/* How much of the wanted picture a mode can show; 0 if it is no linear XRGB mode or too large. */
static uint64_t fits(const EFI_GRAPHICS_OUTPUT_MODE_INFORMATION *mode, uint32_t width,
                     uint32_t height)
{
    if (mode->PixelFormat != PixelBlueGreenRedReserved8BitPerColor)
        return 0;
    if (mode->HorizontalResolution > width || mode->VerticalResolution > height)
        return 0;
    return (uint64_t)mode->HorizontalResolution * mode->VerticalResolution;
}

static EFI_GRAPHICS_OUTPUT_PROTOCOL *find_display(void)
{
    EFI_GUID guid = EFI_GRAPHICS_OUTPUT_PROTOCOL_GUID;
    VOID *found = NULL;

    /* ConOut's own first: that is the one firmware shows text on, and not the virtual one of a
     * splitter. */
    if (efi_system->BootServices->HandleProtocol(efi_system->ConsoleOutHandle, &guid, &found) ==
        EFI_SUCCESS)
        return found;
    if (efi_system->BootServices->LocateProtocol(&guid, NULL, &found) == EFI_SUCCESS)
        return found;
    return NULL;
}

static bool choose(EFI_GRAPHICS_OUTPUT_PROTOCOL *gop, uint32_t width, uint32_t height,
                   uint32_t *best)
{
    uint64_t best_fit = 0;

    for (uint32_t i = 0; i < gop->Mode->MaxMode; i++) {
        EFI_GRAPHICS_OUTPUT_MODE_INFORMATION *mode;
        UINTN bytes;

        if (gop->QueryMode(gop, i, &bytes, &mode) != EFI_SUCCESS)
            continue;
        if (fits(mode, width, height) > best_fit) {
            best_fit = fits(mode, width, height);
            *best = i;
        }
        efi_system->BootServices->FreePool(mode);
    }
    return best_fit != 0;
}

void screen_set(const struct bn_scenario *s, struct bn_boot_framebuffer *to)
{
    EFI_GRAPHICS_OUTPUT_PROTOCOL *gop = find_display();
    const uint32_t width = s->framebuffer_width, height = s->framebuffer_height;
    uint32_t best = 0;

    *to = (struct bn_boot_framebuffer){0};
    if (s->framebuffer_vm >= s->vm_count)
        return;
    if (!gop || !choose(gop, width, height, &best)) {
        say("WARNING: no display mode of at most %ux%u with a linear framebuffer: VM \"%s\" starts "
            "without one",
            (uint64_t)width, (uint64_t)height, s->vm[s->framebuffer_vm].name);
        return;
    }
    EFI_STATUS status = gop->SetMode(gop, best);
    if (status != EFI_SUCCESS)
        fail("the display mode cannot be set: %s", efi_error(status));
    console_screen_off();
    const EFI_GRAPHICS_OUTPUT_MODE_INFORMATION *mode = gop->Mode->Info;

    if (mode->HorizontalResolution != width || mode->VerticalResolution != height)
        say("WARNING: the display has no mode of %ux%u", (uint64_t)width, (uint64_t)height);
    to->base = gop->Mode->FrameBufferBase;
    to->bytes = gop->Mode->FrameBufferSize;
    to->width = mode->HorizontalResolution;
    to->height = mode->VerticalResolution;
    to->pitch = mode->PixelsPerScanLine * 4;
    to->format = BN_FORMAT_XRGB8888;
    say("display: %ux%u, framebuffer at %x", (uint64_t)to->width, (uint64_t)to->height, to->base);
}
