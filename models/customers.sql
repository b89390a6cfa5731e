/*---
connection: warehouse
primary_key: customer_id
description: One row per customer, with what the paid orders add up to.
tags: [crm]
---*/
with paid as (
  select customer_id, sum(amount) as lifetime_value, count(*) as orders, max(ordered_on) as last_order_on
  from orders
  where status = 'paid'
  group by customer_id
)
select
  c.customer_id,
  c.email,
  c.first_name,
  c.last_name,
  c.phone,
  c.city,
  c.country,
  companies.name as company,
  coalesce(paid.lifetime_value, 0) as lifetime_value,
  coalesce(paid.orders, 0) as orders,
  paid.last_order_on,
  c.customer_since
from customers c
left join companies on companies.company_id = c.company_id
left join paid on paid.customer_id = c.customer_id
