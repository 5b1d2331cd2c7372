// A document of panels: `modules` holds what draws each kind of panel, `#panel-data` what each of them shows.

const { panels: given, extra } = JSON.parse(document.getElementById("panel-data").textContent);

const panels = given.map(({ name, data }, index) => {
  const parentElement = document.getElementById(`panel-${index}`);
  const tell = (event, detail) => parentElement.dispatchEvent(new CustomEvent(`panel:${event}`, { detail }));
  const told = { parentElement, key: String(index), setStateValue: tell, setTriggerValue: tell };
  return { name, data, host: parentElement, render() { modules[name]({ data: this.data, ...told }); } };
});
