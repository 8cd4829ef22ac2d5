async ([data, type, side]) => {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const image = new Image();
  image.src = URL.createObjectURL(new Blob([bytes], { type }));
  try {
    await image.decode();
  } catch {
    return null;
  }
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = side;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.imageSmoothingQuality = "high";
  context.drawImage(image, 0, 0, side, side);
  URL.revokeObjectURL(image.src);
  const pixels = Array.from(context.getImageData(0, 0, side, side).data);
  return { width: image.naturalWidth, height: image.naturalHeight, pixels };
}
