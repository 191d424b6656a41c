// A chosen file is put into the text field: what is submitted is what is seen.

for (const input of document.querySelectorAll("input[type=file][data-into]")) {
  input.addEventListener("change", async () => {
    const [file] = input.files;
    const fits = file && file.size <= Number(input.dataset.most);
    input.setCustomValidity(file && !fits ? file.name : "");
    if (fits) document.getElementById(input.dataset.into).value = await file.text();
  });
}
