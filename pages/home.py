"""Home: what can be done here, shown by a real result per page; the models at hand, the field, where data goes."""

import streamlit as st

from core.topics import GROUPS, TOPICS
from ui import frame, previews, privacy, resources
from ui.navigation import PAGES, PAGES_BY_SLUG

frame.begin(__file__, "Deep-learning playground")
previews.cards(tuple(row for row in PAGES if row.slug != "home"))

st.header("The field, and where you do it", anchor=False)
with st.grid(len(GROUPS), min_column_width=220, gap="medium") as field:
    for group in GROUPS:
        with field.cell():
            st.markdown(f"**{group}**")
            with st.container(horizontal=True, gap="small"):
                for topic in (t for t in TOPICS if t.group == group):
                    if topic.page is None:
                        continue
                    query = {"lab": topic.lab} if topic.lab else None
                    page = PAGES_BY_SLUG[topic.page]
                    st.page_link(page.file, label=topic.name, icon=page.icon, help=topic.does, query_params=query)
            if ahead := [t.name for t in TOPICS if t.group == group and not t.page]:
                st.caption(f"Not yet: {', '.join(ahead)}")

st.header("Models", anchor=False)
st.dataframe(resources.catalog_table(), hide_index=True, alt="The catalog: model, task, where it comes from, size")

st.header("Your data", anchor=False)
privacy.statement()
frame.account()
